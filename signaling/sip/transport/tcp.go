package transport

type conn struct{}
type counters struct{}

func validHost(string) bool { return true }
