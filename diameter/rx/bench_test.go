package rx

import (
	"context"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"time"

	"causeway/diameter/farend"
)

// BenchmarkAuthorize is an AAR with its AAA, over TCP on the loopback interface, 16 calls at once. cpu-us/op is the
// process's user and system time for one, the PCRF of the test included (which writes a ready answer).
func BenchmarkAuthorize(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for {
					q, err := farend.Read(c)
					if err != nil {
						return
					}
					if a := farend.Behave(nil, q); a != nil {
						if _, err := c.Write(a); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	cfg := DefaultConfig()
	cfg.OriginHost, cfg.OriginRealm, cfg.DestinationRealm, cfg.Peers = "gw.example", "example", "example", []string{l.Addr().String()}
	c, err := New(cfg, Deps{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	for !c.Ready() {
		time.Sleep(time.Millisecond)
	}
	before := cpu(b)
	b.ReportAllocs()
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		s := c.Open(params(nil))
		for pb.Next() {
			if r, err := s.Authorize(ctx, voice()); err != nil || r.Outcome != Granted {
				b.Errorf("%+v, %v", r, err)
				return
			}
		}
		s.Terminate(CauseLogout)
	})
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-us/op")
	cancel()
	<-done
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
