package configs

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// normal writes a configuration as text, so that empty and absent lists are the same.
func normal(t *testing.T, c Config) string {
	t.Helper()
	text, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheSampleIsTheDefaults(t *testing.T) {
	c, err := Read("causeway.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(normal(t, c), "\n"), strings.Split(normal(t, Default()), "\n")
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("the sample has %q where the default is %q", got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("the sample has %d lines, the defaults %d", len(got), len(want))
	}
	text, err := os.ReadFile("causeway.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(reflect.TypeFor[Config](), nil) {
		if !strings.Contains(string(text), key+":") {
			t.Errorf("the sample lacks %s", key)
		}
	}
}

// keys lists the last part of every key.
func keys(t reflect.Type, out []string) []string {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if tag != "" {
			out = append(out, tag)
		}
		if f.Type.Kind() == reflect.Struct && (tag != "" || opts == "inline") && strings.HasPrefix(f.Type.PkgPath(), "causeway") {
			out = keys(f.Type, out)
		}
	}
	return out
}

func TestTheSampleSaysWhatToSet(t *testing.T) {
	_, err := Load("causeway.yaml", nil)
	if err == nil {
		t.Fatal("a configuration without issuer and origins was accepted")
	}
	for _, want := range []string{"auth.issuer is empty", "websocket.origins is empty", "auth has no keys"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

func TestTheDemoIsGood(t *testing.T) {
	if _, err := Load("demo.yaml", nil); err != nil {
		t.Fatal(err)
	}
}

// TestBadFiles holds each bad file against the sentence in its first line.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(text), "\n")
			want := strings.TrimPrefix(first, "# ")
			if _, err := Load(name, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("err = %v\nwant %q", err, want)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	for name, want := range map[string]string{"": "no configuration file: start with -c FILE", "absent.yaml": "there is no file absent.yaml"} {
		if _, err := Load(name, nil); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), Sample) {
			t.Errorf("%q: err = %v", name, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	env := []string{
		"PATH=/bin", "CAUSEWAY_IMS_SIP_MAX_MESSAGE=4096", "CAUSEWAY_HTTP_LISTEN=127.0.0.1:9999", "CAUSEWAY_SESSION_POLICY=off",
		"CAUSEWAY_WEBSOCKET_ORIGINS=[\"https://a.example\", \"https://b.example\"]", "CAUSEWAY_MEDIA_ACCESS_ADDRESS=192.0.2.1:4000",
		"CAUSEWAY_IMS_CALLS_MIN_SE=2m", "CAUSEWAY_LOG_LEVEL=DEBUG", "CAUSEWAY_AUTH_CLAIMS_IMPU=sip_uri",
	}
	c, err := Load("demo.yaml", env)
	if err != nil {
		t.Fatal(err)
	}
	if c.IMS.SIP.MaxMessage != 4096 || c.HTTP.Listen != "127.0.0.1:9999" || c.Session.Policy != "off" || len(c.WebSocket.Origins) != 2 ||
		c.Media.AccessAddress.String() != "192.0.2.1:4000" || c.IMS.Calls.MinSE.Minutes() != 2 || c.Log.Level.String() != "DEBUG" || c.Auth.Claims.IMPU != "sip_uri" {
		t.Errorf("%+v", c)
	}
	for entry, want := range map[string]string{
		"CAUSEWAY_IMS_HOME_DOMIAN=x":          "CAUSEWAY_IMS_HOME_DOMIAN fits no key",
		"CAUSEWAY_IMS_SIP_MAX_MESSAGE=many":   `"many" does not fit ims.sip.max_message`,
		"CAUSEWAY_MEDIA_CORE_ADDRESS=nowhere": `"nowhere" does not fit media.core_address`,
		"CAUSEWAY_MEDIA_COALESCE=5":           `"5" is not a time: write it with its unit`,
	} {
		if _, err := Load("demo.yaml", []string{entry}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v", entry, err)
		}
	}
}

// TestZeroNeedsNoUnit: what the sample calls "0 turns that off" may be written so.
func TestZeroNeedsNoUnit(t *testing.T) {
	name := filepath.Join(t.TempDir(), "zero.yaml")
	if err := os.WriteFile(name, []byte("session:\n  quality_interval: 0 # off\nims: {calls: {session_expires: 0}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(name, []string{"CAUSEWAY_MEDIA_COALESCE=0"})
	if err != nil || c.Session.QualityInterval != 0 || c.IMS.Calls.SessionExpires != 0 || c.Media.Coalesce != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"causeway.yaml", "demo.yaml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		c := Default()
		if decode(text, &c) == nil {
			_ = c.Validate()
		}
	})
}
