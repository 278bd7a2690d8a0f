package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"
)

// healthCommand asks a URL once; it is what a container's health check calls, for the image holds no curl.
func healthCommand(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("causeway health", flag.ContinueOnError)
	flags.SetOutput(stderr)
	url := flags.String("url", "http://127.0.0.1:8081/healthz", "what to ask")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := nothingMore(flags); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, *url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", *url, response.Status)
	}
	return nil
}
