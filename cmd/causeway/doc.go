// Command causeway is the gateway.
//
//	causeway [serve] -c FILE      serve until SIGTERM or SIGINT; SIGTERM drains
//	causeway config check -c FILE say what is wrong with a configuration, with line numbers
//	causeway config print -c FILE print the configuration in force, defaults and environment included
//	causeway token -key FILE ...  sign a token for tests with an EC key
//	causeway health -url URL      exit 0 if the URL answers 200
//	causeway version
//
// It builds the rooms in order and stops them in reverse:
//
//	configs -> transcode -> media -> diameter/rx -> signaling -> HTTP        (start)
//	HTTP drains -> signaling releases calls and bindings -> rx, media close   (stop)
package main
