// Package release holds what is shipped against what is built: the Dockerfile's steps that can be replayed without a container
// engine, and a built binary that starts from an empty folder with only its configuration. Build tag e2e.
// The documents are held against the program without it: log lines, metrics, keys, errors.
package release
