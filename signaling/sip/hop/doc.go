// Package hop chooses the next hop of a request: the core's addresses by RFC 3263, the top Route within what is a peer (hops.go), and of
// those the ones worth trying: each has a circuit breaker (breaker.go, a pure table), fed by what becomes of requests (health.go).
//
//	           Failed x threshold, or Refused with a time          Due: the wait is over
//	+--------+ ------------------------------------------> +------+ --------------------> +----------+
//	| Closed |                                             | Open |                       | HalfOpen |
//	+--------+ <------------------------------------------ +------+ <-------------------- +----------+
//	    ^         Succeeded: it lives after all                       Failed: wait twice       |
//	    |                                                             as long, or Refused      |
//	    +--------------------------------------------------------------------------------------+
//	                                            Succeeded
//
// One failure walked: an INVITE to 192.0.2.7 times out (RFC 3261 17.1.1.2), Failed is given to its breaker; so is an OPTIONS that
// nobody answers. The second opens it: calls go elsewhere, or fail at once instead of after 32 s, until a probe is answered. A 503 with
// Retry-After opens it for exactly that long (RFC 3261 21.5.4, RFC 3263 4.3).
package hop
