# make help lists the targets. The two that matter: make demo, make test.
SHELL := /bin/sh
GO ?= go
BIN := bin
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
# TypeScript, where .ci/install could get it; it checks the types of the SDK in the tests.
ifneq ($(wildcard $(BIN)/node_modules/.bin/tsc),)
export TSC := $(abspath $(BIN)/node_modules/.bin/tsc)
endif
LDFLAGS := -s -w -X main.version=$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help build demo test unit e2e interop asan lint generate bench bench-signalling bench-media bench-wire bench-transcode bench-quality soak deps deps-test clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## start gateway and lab, print the page to open; Ctrl-C stops both
	@$(BIN)/causeway-lab -log warn -beside '$(BIN)/causeway serve -c configs/demo.yaml' \
		-note 'Open http://127.0.0.1:8080 in a browser on this machine, allow the microphone, click echo. Ctrl-C stops everything.'

build: deps ## both programs into bin/
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/causeway ./cmd/causeway-lab

test: deps-test lint unit e2e interop ## everything, the two real browsers and the foreign peers included

unit: deps ## what needs no browser and no peer, under the race detector
	$(GO) test -race -shuffle=on -timeout 15m ./...
	$(GO) test -count=1 -run Allo ./media/... ./transcode/... ./test/pair # the race detector allocates by itself

e2e: deps-test ## whole gateway, lab and real browsers
	$(GO) test -tags e2e -shuffle=on -timeout 20m -count=1 -p 1 ./test/e2e/... ./test/load/... ./test/release/...

interop: deps-test ## foreign peers: Kamailio's IMS, baresip, SIPp, freeDiameter, tshark
	$(GO) test -tags interop -shuffle=on -timeout 20m -count=1 -p 1 ./test/interop/... ./signaling/sip/transaction

asan: deps-test ## hostile packets by the thousand into every C decoder, under the address sanitizer and under valgrind
	MUTATIONS=100000 $(GO) test -asan -count=1 -timeout 30m -run Mutated ./transcode/opus ./transcode/amr ./transcode/vp8 ./transcode/h264 ./transcode/video
	@# The sanitizer sees what the libraries, built without it, do through libc and free; valgrind sees each access of theirs.
	MUTATIONS=3000 GODEBUG=asyncpreemptoff=1 $(GO) test -tags valgrind -exec 'valgrind -q --leak-check=no --error-exitcode=9 --suppressions=$(CURDIR)/transcode/amr/testdata/opencore.supp' -count=1 -timeout 30m -run Mutated ./transcode/opus ./transcode/amr ./transcode/vp8 ./transcode/h264 ./transcode/video

lint: deps ## gofmt, go vet, staticcheck, and that the committed web bundles are current
	@out=$$(gofmt -l cmd configs diameter media signaling test transcode web); test -z "$$out" || { echo "gofmt would change:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags e2e,interop,bench ./test/...
	$(GO) tool staticcheck ./...

generate: ## the web bundles and generated sources
	$(GO) generate ./...
	$(if $(TSC),$(GO) run ./web/bundle -root web -types)

bench: deps ## figures of docs/performance.md
	@.ci/install bench
	$(GO) test -tags bench -timeout 60m -count=1 -v -run '^TestBench' -skip '^TestBench(Signalling|Media|Transcode|Quality)$$' ./test/load

bench-signalling: deps ## the signalling plane beside Kamailio's WebSocket server; its last line is for scripts
	@.ci/install bench
	@mkdir -p $(BIN)
	@$(GO) test -tags bench -timeout 30m -count=1 -v -run '^TestBenchSignalling$$' ./test/load > $(BIN)/bench-signalling.log 2>&1; status=$$?; \
		grep -E '^(\||while|load|RESULT|---|bench-signalling:)' $(BIN)/bench-signalling.log | grep -v '^bench-signalling:'; \
		grep '^bench-signalling:' $(BIN)/bench-signalling.log; exit $$status

bench-wire: deps ## forwarded packets on Ethernet (veth, needs root): by sockets, by AF_XDP, and rtpengine
	@.ci/install bench
	@mkdir -p $(BIN)
	@BENCH_WIRE=1 $(GO) test -tags bench -timeout 30m -count=1 -v -run '^TestBenchWire$$' ./test/load > $(BIN)/bench-wire.log 2>&1; status=$$?; \
		grep -E '^(\||Over|\*\*\*|---|bench-wire:)|SKIP|wire_bench' $(BIN)/bench-wire.log; exit $$status

bench-media: bench-wire ## the media plane beside rtpengine in user space, on Ethernet and loopback; its last line is for scripts
	@$(GO) test -tags bench -timeout 40m -count=1 -v -run '^TestBenchMedia$$' ./test/load > $(BIN)/bench-media.log 2>&1; status=$$?; \
		grep -E '^(\||SRTP|Resident|Allocations|Calls held|Set-up|\*\*\*|---)' $(BIN)/bench-media.log; \
		grep '^bench-media:' $(BIN)/bench-media.log; exit $$status

soak: deps ## half an hour of calls that come and go: memory, descriptors, goroutines and delay have to stay (SOAK=30m SOAK_CALLS=560)
	@mkdir -p $(BIN)
	@$(GO) test -tags bench -timeout 120m -count=1 -v -run '^TestSoak$$' ./test/load > $(BIN)/soak.log 2>&1; status=$$?; \
		grep -E '^(\||[0-9]+ calls|---|    soak)' $(BIN)/soak.log; grep '^soak:' $(BIN)/soak.log; exit $$status

bench-quality: deps ## how much of the speech is left: PESQ of each pair beside rtpengine, and what the encoders' settings bring
	@.ci/install bench
	@mkdir -p $(BIN)
	@$(GO) test -tags bench -timeout 60m -count=1 -v -run '^TestBenchQuality$$' ./test/load > $(BIN)/bench-quality.log 2>&1; status=$$?; \
		grep -vE '^(=== |ok|PASS|RESULT)' $(BIN)/bench-quality.log; grep '^RESULT' $(BIN)/bench-quality.log; exit $$status

bench-transcode: deps ## transcoded calls beside rtpengine in user space and the bare codec libraries; its last line is for scripts
	@.ci/install bench
	@mkdir -p $(BIN)
	@$(GO) test -tags bench -timeout 40m -count=1 -v -run '^TestBenchTranscode$$' ./test/load > $(BIN)/bench-transcode.log 2>&1; status=$$?; \
		grep -E '^(\||Speech|\*\*\*|---|    transcode_bench_test)' $(BIN)/bench-transcode.log; \
		grep '^bench-transcode:' $(BIN)/bench-transcode.log; exit $$status

deps: ## Debian packages needed to build
	@.ci/install build

deps-test: ## Debian packages needed to test
	@.ci/install peers

clean: ## remove what was built
	rm -rf $(BIN)
