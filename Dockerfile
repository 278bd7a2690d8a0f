# The gateway in a container: built with the codec libraries, run without a compiler, as nobody in particular.
FROM golang:1.26-bookworm AS build
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends gcc libc6-dev pkg-config libopus-dev libopencore-amrnb-dev libopencore-amrwb-dev libvo-amrwbenc-dev libvpx-dev libopenh264-dev libyuv-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
RUN go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/causeway ./cmd/causeway

FROM debian:bookworm-slim
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends ca-certificates libopus0 libopencore-amrnb0 libopencore-amrwb0 libvo-amrwbenc0 libvpx7 libopenh264-7 libyuv0 libjpeg62-turbo libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --no-create-home --uid 10001 causeway
COPY --from=build /out/causeway /usr/bin/causeway
COPY configs/causeway.yaml /usr/share/doc/causeway/causeway.yaml
USER causeway
# HTTP and WebSocket, metrics and health, SIP, media of browsers (UDP, and TCP where a network lets no UDP out); the core's RTP ports are those of media.core_ports.
EXPOSE 8080/tcp 8081/tcp 5060/udp 5060/tcp 4478/udp 4478/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/bin/causeway", "health", "-url", "http://127.0.0.1:8081/healthz"]
ENTRYPOINT ["/usr/bin/causeway"]
CMD ["serve", "-c", "/etc/causeway/causeway.yaml"]
