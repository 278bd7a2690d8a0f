//go:build e2e

package release

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"causeway/test/rig"
)

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }

// stage is one FROM of the Dockerfile with its instructions, continuation lines joined.
type stage struct{ lines [][2]string }

func dockerfile(t *testing.T) []stage {
	t.Helper()
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var stages []stage
	joined := strings.ReplaceAll(string(text), "\\\n", " ")
	for line := range strings.SplitSeq(joined, "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "" || strings.HasPrefix(word, "#"):
		case word == "FROM":
			stages = append(stages, stage{})
			fallthrough
		default:
			s := &stages[len(stages)-1]
			s.lines = append(s.lines, [2]string{word, strings.TrimSpace(rest)})
		}
	}
	if len(stages) != 2 {
		t.Fatalf("%d stages, want one that builds and one that runs", len(stages))
	}
	return stages
}

func (s stage) all(word string) []string {
	var out []string
	for _, l := range s.lines {
		if l[0] == word {
			out = append(out, l[1])
		}
	}
	return out
}

// packages are the Debian packages a stage installs.
func (s stage) packages() []string {
	var out []string
	for _, run := range s.all("RUN") {
		_, list, ok := strings.Cut(run, "--no-install-recommends")
		if !ok {
			continue
		}
		list, _, _ = strings.Cut(list, "&&")
		out = append(out, strings.Fields(list)...)
	}
	return out
}

// TestDockerfile replays what needs no engine: the packages, the build, the libraries, the words the container starts with.
func TestDockerfile(t *testing.T) {
	stages := dockerfile(t)
	build, final := stages[0], stages[1]
	install, err := os.ReadFile("../../.ci/install")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range build.packages() {
		if !regexp.MustCompile(`build="[^"]*\b` + regexp.QuoteMeta(p) + `\b`).Match(install) {
			t.Errorf("the container is built with %s, which .ci/install build does not have", p)
		}
	}
	binary := filepath.Join(t.TempDir(), "causeway")
	command := ""
	for _, run := range build.all("RUN") {
		if strings.HasPrefix(run, "go build") {
			command = strings.Replace(run, "/out/causeway", binary, 1)
		}
	}
	if command == "" {
		t.Fatal("no go build in the Dockerfile")
	}
	sh := exec.Command("sh", "-c", command)
	sh.Dir, sh.Env = "../..", append(os.Environ(), "VERSION=test-1")
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	if out, err := exec.Command(binary, "version").Output(); err != nil || string(out) != "causeway test-1\n" {
		t.Errorf("version: %q, %v", out, err)
	}
	libraries(t, binary, final.packages())
	words(t, binary, final)
	copies(t, stages)
	if u := final.all("USER"); len(u) != 1 || u[0] == "root" || u[0] == "0" {
		t.Errorf("USER %v", u)
	}
	if len(final.all("HEALTHCHECK")) != 1 {
		t.Error("no health check")
	}
}

// libraries: every shared library of the binary has to come from the base image or from a package the last stage installs.
func libraries(t *testing.T, binary string, packages []string) {
	t.Helper()
	out, err := exec.Command("ldd", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	base := []string{"libc6", "libgcc-s1"}
	for _, m := range regexp.MustCompile(`=> (/\S+)`).FindAllStringSubmatch(string(out), -1) {
		real, err := filepath.EvalSymlinks(m[1])
		if err != nil {
			t.Fatal(err)
		}
		owner, err := exec.Command("dpkg", "-S", "*"+filepath.Base(real)).Output()
		if err != nil {
			t.Skipf("SKIPPED, NOT A DEBIAN MACHINE: %v", err)
		}
		name, _, _ := strings.Cut(string(owner), ":")
		if !slices.Contains(base, name) && !slices.Contains(packages, name) {
			t.Errorf("%s belongs to %s, which the container does not install", real, name)
		}
	}
}

// copies: what the stages take from the tree is there, the program lies where it is started, and the compiler is new enough.
func copies(t *testing.T, stages []stage) {
	t.Helper()
	for _, s := range stages {
		for _, list := range s.all("COPY") {
			words := strings.Fields(list)
			if strings.HasPrefix(words[0], "--from=") {
				continue
			}
			for _, source := range words[:len(words)-1] {
				if _, err := os.Stat(filepath.Join("../..", source)); err != nil {
					t.Errorf("COPY %s: %v", list, err)
				}
			}
		}
	}
	var entry, health []string
	if err := json.Unmarshal([]byte(stages[1].all("ENTRYPOINT")[0]), &entry); err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(stages[1].all("HEALTHCHECK")[0], "CMD ")
	if err := json.Unmarshal([]byte(list), &health); err != nil {
		t.Fatal(err)
	}
	from := "--from=build /out/causeway " + entry[0]
	if !slices.Contains(stages[1].all("COPY"), from) || health[0] != entry[0] {
		t.Errorf("the program is started as %s and asked as %s; COPY %v", entry[0], health[0], stages[1].all("COPY"))
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	if image := stages[0].all("FROM")[0]; !strings.HasPrefix(image, "golang:"+string(want[1])+"-") {
		t.Errorf("built by %s, go.mod wants %s", image, want[1])
	}
}

// words: what the container starts and asks for its health must be commands of the program.
func words(t *testing.T, binary string, final stage) {
	t.Helper()
	var cmd, health []string
	if err := json.Unmarshal([]byte(final.all("CMD")[0]), &cmd); err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(final.all("HEALTHCHECK")[0], "CMD ")
	if err := json.Unmarshal([]byte(list), &health); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{cmd, health[1:]} {
		out, err := exec.Command(binary, args...).CombinedOutput() // no such file here, nobody answers
		if err == nil || strings.Contains(string(out), "there is no command") || strings.Contains(string(out), "flag provided but not defined") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	text, err := os.ReadFile("../../configs/causeway.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for port := range strings.FieldsSeq(final.all("EXPOSE")[0]) {
		number, _, _ := strings.Cut(port, "/")
		if !bytes.Contains(text, []byte(":"+number)) {
			t.Errorf("port %s is no port of the sample configuration", port)
		}
	}
}

// TestEmptyFolder: the binary and a configuration are all that is needed.
func TestEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "causeway")
	text, err := os.ReadFile(rig.Program())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, text, 0o700); err != nil {
		t.Fatal(err)
	}
	ports := rig.FreePorts(t, 4)
	front, admin, sip := ports[0], ports[1], ports[2]
	config := fmt.Sprintf(`
http: {listen: "127.0.0.1:%d", admin_listen: "127.0.0.1:%d"}
websocket: {origins: ["http://127.0.0.1:%d"]}
auth: {issuer: "https://login.example", jwks_url: "https://login.example/jwks"}
ims: {sip: {listen: ["udp:127.0.0.1:%d", "tcp:127.0.0.1:%d"]}}
media: {access_address: "127.0.0.1:%d"}
`, front, admin, front, sip, sip, ports[3])
	if err := os.WriteFile(filepath.Join(dir, "causeway.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "serve", "-c", "causeway.yaml")
	var log bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = dir, []string{}, &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	get := func(url string) int {
		res, err := http.Get(url)
		if err != nil {
			return 0
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	rig.WaitFor(t, "the gateway to serve", rig.Patience, func() bool { return get(fmt.Sprintf("http://127.0.0.1:%d/healthz", admin)) == 200 })
	t.Logf("serving after at most %v", time.Since(began).Round(time.Millisecond))
	for url, want := range map[string]int{
		fmt.Sprintf("http://127.0.0.1:%d/", front): 200, fmt.Sprintf("http://127.0.0.1:%d/sdk/causeway.js", front): 200,
		fmt.Sprintf("http://127.0.0.1:%d/metrics", admin): 200, fmt.Sprintf("http://127.0.0.1:%d/absent", front): 404,
		fmt.Sprintf("http://127.0.0.1:%d/ws", front): 403,
	} {
		if got := get(url); got != want {
			t.Errorf("%s answers %d, want %d", url, got, want)
		}
	}
	if got := get(fmt.Sprintf("http://127.0.0.1:%d/readyz", admin)); got != 200 && got != 503 {
		t.Errorf("readyz answers %d", got)
	}
	for _, args := range [][]string{{"health", "-url", fmt.Sprintf("http://127.0.0.1:%d/healthz", admin)}, {"config", "check", "-c", "causeway.yaml"}} {
		rig.WaitFor(t, strings.Join(args, " "), rig.Patience, func() bool { // health itself waits no longer than 2 s
			beside := exec.Command(binary, args...)
			beside.Dir, beside.Env = dir, []string{}
			out, err := beside.CombinedOutput()
			if err != nil {
				t.Logf("%v: %v\n%s", args, err, out)
			}
			return err == nil
		})
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, log.String())
	}
}

// TestWhatItSaysWithoutConfiguration: the message says what is missing and where the sample is, and the exit code is 1.
func TestWhatItSaysWithoutConfiguration(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("http:\n  listen: 127.0.0.1:1\n  lisen: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		want []string
	}{
		{nil, []string{"no configuration file", "-c FILE", "configs/causeway.yaml"}},
		{[]string{"serve", "-c", "absent.yaml"}, []string{"there is no file absent.yaml", "configs/causeway.yaml"}},
		{[]string{"config", "check", "-c", bad}, []string{"lisen", "3 |"}},
		{[]string{"fly"}, []string{`no command "fly"`, "usage:"}},
	}
	for _, tt := range tests {
		cmd := exec.Command(rig.Program(), tt.args...)
		cmd.Dir, cmd.Env = dir, []string{}
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("%v: exit code %d, %v", tt.args, cmd.ProcessState.ExitCode(), err)
		}
		for _, want := range tt.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%v says %q, which lacks %q", tt.args, out, want)
			}
		}
	}
}
