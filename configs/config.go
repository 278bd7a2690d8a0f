package configs

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/printer"
	"github.com/goccy/go-yaml/token"

	"causeway/diameter/rx"
	"causeway/media"
	"causeway/signaling"
	"causeway/transcode/amr"
	"causeway/transcode/opus"
	"causeway/web"
)

// Sample is where the documented sample stands in the source tree and in the container.
const Sample = "configs/causeway.yaml"

// maxFile bounds the file, in bytes.
const maxFile = 1 << 20

// Config is the whole file.
type Config struct {
	Log              Log      `yaml:"log"`
	HTTP             HTTP     `yaml:"http"`
	Shutdown         Shutdown `yaml:"shutdown"`
	signaling.Config `yaml:",inline"`
	Media            media.Config `yaml:"media"`
	Audio            Audio        `yaml:"audio"`
	Rx               rx.Config    `yaml:"rx"`
	Web              web.Config   `yaml:"web"`
}

// Audio is how the gateway's encoders work.
type Audio struct {
	Opus opus.Config `yaml:"opus"`
	AMR  amr.Config  `yaml:"amr"`
}

// Log says how much is logged. Logs are JSON lines on standard error.
type Log struct {
	Level slog.Level `yaml:"level"` // DEBUG, INFO, WARN or ERROR
}

// HTTP are the two listeners: one for browsers, one for the operator.
type HTTP struct {
	// Listen is the address of the page, the SDK and the WebSocket.
	Listen string `yaml:"listen"`
	// TLSCertificate and TLSKey are PEM files; both or none. Without them a proxy in front has to speak TLS.
	TLSCertificate string `yaml:"tls_certificate"`
	TLSKey         string `yaml:"tls_key"`
	// AdminListen is the address of /metrics, /healthz and /readyz; empty for none. Keep it off the internet.
	AdminListen string `yaml:"admin_listen"`
	// Profiles serves Go's profiles at /debug/pprof/ of AdminListen: what the program spends time and memory on.
	Profiles bool `yaml:"profiles"`
}

// Shutdown says how a stop goes.
type Shutdown struct {
	// Drain is how long running calls may go on after SIGTERM.
	Drain time.Duration `yaml:"drain"`
	// Release is how long BYE, de-registration and STR may take after that.
	Release time.Duration `yaml:"release"`
}

// Default returns the settings used where the file says nothing. They are not enough to serve: who issues the tokens
// and which pages may connect only the operator knows.
func Default() Config {
	return Config{
		HTTP:     HTTP{Listen: "127.0.0.1:8080", AdminListen: "127.0.0.1:8081"},
		Shutdown: Shutdown{Drain: 10 * time.Minute, Release: 10 * time.Second},
		Config:   signaling.DefaultConfig(),
		Media:    media.DefaultConfig(),
		Audio:    Audio{Opus: opus.DefaultConfig(), AMR: amr.DefaultConfig()},
		Rx:       rx.DefaultConfig(),
		Web:      web.DefaultConfig(),
	}
}

// Load reads a file over the defaults, applies the environment (a list as os.Environ returns it) and validates.
// Errors are for people: they name file, line and key, and say what to write.
func Load(name string, environ []string) (Config, error) {
	c, err := Read(name, environ)
	if err != nil {
		return Config{}, err
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("%s cannot be used:\n%w", name, err)
	}
	return c, nil
}

// Read is Load without the final validation.
func Read(name string, environ []string) (Config, error) {
	if name == "" {
		return Config{}, fmt.Errorf("no configuration file: start with -c FILE; a documented sample is %s", Sample)
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return Config{}, fmt.Errorf("there is no file %s; a documented sample is %s", name, Sample)
	case err != nil:
		return Config{}, err
	case info.Size() > maxFile:
		return Config{}, fmt.Errorf("%s has %d bytes; a configuration has at most %d", name, info.Size(), maxFile)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return Config{}, err
	}
	c := Default()
	if err := decode(text, &c); err != nil {
		return Config{}, fmt.Errorf("%s cannot be read:\n%w", name, err)
	}
	if err := override(&c, environ); err != nil {
		return Config{}, err
	}
	return c, nil
}

// decode reads strictly: an unknown or doubled key is an error with its line.
func decode(text []byte, c *Config) error {
	if strings.TrimSpace(string(text)) == "" {
		return nil
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return errors.New(yaml.FormatError(err, false, true))
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil
	}
	body := file.Docs[0].Body
	if err := times(body, reflect.TypeFor[Config]()); err != nil {
		return err
	}
	if err := yaml.NodeToValue(body, c, yaml.Strict()); err != nil {
		return errors.New(yaml.FormatError(err, false, true))
	}
	return nil
}

// times looks at the times in a file: 0 needs no unit, any other number does.
func times(n ast.Node, t reflect.Type) error {
	m, ok := n.(*ast.MappingNode)
	if !ok || t.Kind() != reflect.Struct {
		return nil
	}
	for _, v := range m.Values {
		field, _, ok := find(reflect.New(t).Elem(), v.Key.String(), nil)
		if !ok {
			continue // the decoder says so
		}
		if number, is := v.Value.(*ast.IntegerNode); is && field.Type() == reflect.TypeFor[time.Duration]() {
			tk := number.Token
			if tk.Value != "0" {
				var p printer.Printer
				return fmt.Errorf("[%d:%d] %s is not a time: write it with its unit, as 500ms, 30s, 5m or 1h\n%s",
					tk.Position.Line, tk.Position.Column, tk.Value, p.PrintErrorToken(tk, false))
			}
			v.Value = ast.String(token.String("0s", "0s", tk.Position))
			continue
		}
		if err := times(v.Value, field.Type()); err != nil {
			return err
		}
	}
	return nil
}

// prefix stands before every environment variable of the gateway.
const prefix = "CAUSEWAY_"

// override applies environment variables. A variable that fits no key is an error: a typing mistake must not pass.
func override(c *Config, environ []string) error {
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		key, ours := strings.CutPrefix(name, prefix)
		if !ours {
			continue
		}
		field, path, ok := find(reflect.ValueOf(c).Elem(), strings.ToLower(key), nil)
		if !ok {
			return fmt.Errorf("environment variable %s fits no key of the configuration", name)
		}
		if field.Kind() == reflect.String {
			field.SetString(value)
			continue
		}
		if d, is := field.Addr().Interface().(*time.Duration); is {
			var err error
			if *d, err = time.ParseDuration(value); err != nil {
				return fmt.Errorf("environment variable %s: %q is not a time: write it with its unit, as 500ms, 30s, 5m or 1h", name, value)
			}
			continue
		}
		if err := yaml.UnmarshalWithOptions([]byte(value), field.Addr().Interface(), yaml.Strict()); err != nil {
			return fmt.Errorf("environment variable %s: %q does not fit %s", name, value, strings.Join(path, "."))
		}
	}
	return nil
}

// find walks the yaml keys: "ims_sip_max_message" is ims, sip, max_message. Keys hold underscores themselves, so every
// field that the name begins with is tried.
func find(v reflect.Value, name string, path []string) (reflect.Value, []string, bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if opts == "inline" {
			if found, p, ok := find(v.Field(i), name, path); ok {
				return found, p, true
			}
			continue
		}
		if tag == "" || tag == "-" {
			continue
		}
		here := append(path[:len(path):len(path)], tag)
		if tag == name {
			return v.Field(i), here, true
		}
		rest, inside := strings.CutPrefix(name, tag+"_")
		if inside && v.Field(i).Kind() == reflect.Struct {
			if found, p, ok := find(v.Field(i), rest, here); ok {
				return found, p, true
			}
		}
	}
	return reflect.Value{}, nil, false
}

// Validate reports everything that is wrong in any room's part.
func (c Config) Validate() error {
	return errors.Join(c.HTTP.validate(), c.Shutdown.validate(), c.Config.Validate(),
		under("media", c.Media.Validate()), under("audio", c.Audio.Opus.Validate()), under("audio", c.Audio.AMR.Validate()), under("rx", c.Rx.Validate()), under("web", c.Web.Validate()))
}

// under puts a room's key before each of its sentences.
func under(key string, err error) error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only the outermost join is taken apart
		var list []error
		for _, e := range joined.Unwrap() {
			list = append(list, under(key, e))
		}
		return errors.Join(list...)
	}
	return fmt.Errorf("%s.%w", key, err)
}

func (h HTTP) validate() error {
	var errs []error
	for key, addr := range map[string]string{"listen": h.Listen, "admin_listen": h.AdminListen} {
		if addr == "" && key == "admin_listen" {
			continue
		}
		if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
			errs = append(errs, fmt.Errorf("http.%s: %q is not host:port", key, addr))
		}
	}
	if (h.TLSCertificate == "") != (h.TLSKey == "") {
		errs = append(errs, errors.New("http.tls_certificate and http.tls_key go together: set both or none"))
	}
	return errors.Join(errs...)
}

func (s Shutdown) validate() error {
	if s.Drain < 0 || s.Drain > 24*time.Hour || s.Release < time.Second || s.Release > 5*time.Minute {
		return errors.New("shutdown: keep drain between 0s and 24h, release between 1s and 5m")
	}
	return nil
}
