package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/goccy/go-yaml"

	"causeway/configs"
)

// version is set by the build.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "causeway:", err)
		os.Exit(1)
	}
}

const usage = `usage:
  causeway [serve] -c FILE        serve; SIGTERM drains, SIGINT stops at once
  causeway config check -c FILE   say what is wrong with a configuration
  causeway config print -c FILE   print the configuration in force
  causeway token -key FILE -issuer URL -impi ID -impu URI [-audience NAME] [-ttl 1h]
  causeway health -url URL        exit 0 if the URL answers 200 (for container health checks)
  causeway version
`

// run is main without the process: the tests call it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	err := dispatch(ctx, args, stdout, stderr)
	if errors.Is(err, flag.ErrHelp) { // -h of a command has been answered
		return nil
	}
	return err
}

func dispatch(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	command, rest := "serve", args
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, rest = args[0], args[1:]
	}
	if len(args) == 1 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		command = "help"
	}
	switch command {
	case "serve":
		config, err := load("serve", rest, stderr)
		if err != nil {
			return err
		}
		terminate := make(chan os.Signal, 1)
		signal.Notify(terminate, syscall.SIGTERM)
		defer signal.Stop(terminate)
		return serve(ctx, config, terminate, stderr)
	case "config":
		return configCommand(rest, stdout, stderr)
	case "token":
		return tokenCommand(rest, stdout, stderr)
	case "health":
		return healthCommand(ctx, rest, stderr)
	case "version":
		_, err := fmt.Fprintln(stdout, "causeway", version)
		return err
	case "help":
		_, err := io.WriteString(stdout, usage)
		return err
	default:
		return fmt.Errorf("there is no command %q\n%s", command, usage)
	}
}

// load parses -c and loads the file.
func load(command string, args []string, stderr io.Writer) (configs.Config, error) {
	name, err := configFlag(command, args, stderr)
	if err != nil {
		return configs.Config{}, err
	}
	return configs.Load(name, os.Environ())
}

func configFlag(command string, args []string, stderr io.Writer) (string, error) {
	flags := flag.NewFlagSet("causeway "+command, flag.ContinueOnError)
	flags.SetOutput(stderr)
	name := flags.String("c", "", "configuration file (sample: "+configs.Sample+")")
	if err := flags.Parse(args); err != nil {
		return "", err
	}
	return *name, nothingMore(flags)
}

// nothingMore refuses words after the flags: they would be ignored.
func nothingMore(flags *flag.FlagSet) error {
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q\n%s", flags.Arg(0), usage)
	}
	return nil
}

func configCommand(args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 || (args[0] != "check" && args[0] != "print") {
		return errors.New("say causeway config check or causeway config print")
	}
	name, err := configFlag("config "+args[0], args[1:], stderr)
	if err != nil {
		return err
	}
	config, err := configs.Load(name, os.Environ())
	if err != nil {
		return err
	}
	if args[0] == "check" {
		if err := sound(config); err != nil {
			return fmt.Errorf("%s cannot be used:\n%w", name, err)
		}
		_, err := fmt.Fprintf(stdout, "%s is good\n", name)
		return err
	}
	text, err := yaml.Marshal(config)
	if err != nil {
		return fmt.Errorf("print configuration: %w", err)
	}
	_, err = stdout.Write(text)
	return err
}
