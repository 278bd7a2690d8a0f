// Package rig puts the gateway, as a process of its own, between a lab in this process and real browsers.
//
//	Chromium, Firefox --page, WebSocket--> causeway (a process) --SIP, RTP, Rx--> lab (in this process)
//	  Page (test/browser)                    Process                               Bed.Lab
//
// Start takes free ports for everything, so that beds may run side by side. The process is stopped by pid; its log is shown
// when the test failed. It is for end-to-end, interop and load tests.
package rig
