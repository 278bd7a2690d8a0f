// Package gstreamer holds the tests against GStreamer and tshark as foreign readers and writers of media: what they hear in our
// packets, and what we hear in theirs. They run with -tags interop.
package gstreamer
