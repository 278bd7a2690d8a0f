package clip

import (
	_ "embed" // the recordings are files beside this one
	"fmt"

	"causeway/test/lab/amr"
)

//go:generate go run ./make

//go:embed announcement.awb
var announcement []byte

//go:embed greeting.awb
var greeting []byte

// Announcement is about twelve seconds on what Causeway is.
func Announcement() ([]amr.Frame, error) { return read("announcement", announcement) }

// Greeting is two seconds: a handset picking up.
func Greeting() ([]amr.Frame, error) { return read("greeting", greeting) }

func read(name string, file []byte) ([]amr.Frame, error) {
	form, frames, err := amr.ParseFile(file)
	if err != nil {
		return nil, fmt.Errorf("recording %s: %w", name, err)
	}
	if !form.Wideband {
		return nil, fmt.Errorf("recording %s is not wideband", name)
	}
	return frames, nil
}
