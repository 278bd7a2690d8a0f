package codec

func newG722() *g722 { return nil }

type g722 struct{ g711 }
