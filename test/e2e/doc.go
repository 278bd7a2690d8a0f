// Package e2e plays whole calls: a real browser, the gateway as its own process, and the lab.
//
// The bed is test/rig. The tests need the build tag e2e: they take minutes, browsers and a non-loopback address. A missing
// browser is skipped loudly, and fails where CI is set.
package e2e
