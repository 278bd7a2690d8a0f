//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"causeway/signaling/wire"
	"causeway/test/rig"
)

// raw is a WebSocket client that says what it is told, good or bad.
type raw struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, b *rig.Bed, origin string) (*raw, *http.Response) {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{"causeway.v1"}, HandshakeTimeout: rig.Patience}
	conn, res, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(b.URL, "http")+"/ws", http.Header{"Origin": {origin}})
	if err != nil {
		return nil, res
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(2 * rig.Patience))
	return &raw{t, conn}, res
}

func connect(t *testing.T, b *rig.Bed) *raw {
	t.Helper()
	r, res := dial(t, b, b.URL)
	if r == nil {
		t.Fatalf("refused: %v", res)
	}
	return r
}

// frame is any frame of the gateway.
type frame struct {
	ID     any            `json:"id"`
	Method string         `json:"method"`
	Result map[string]any `json:"result"`
	Params map[string]any `json:"params"`
	Error  *struct {
		Code    int
		Message string
		Data    struct{ Name, Hint string }
	} `json:"error"`
}

func (r *raw) send(text string) {
	r.t.Helper()
	if err := r.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		r.t.Fatal(err)
	}
}

// answer reads up to the next answer to a request.
func (r *raw) answer() frame {
	r.t.Helper()
	for {
		_, data, err := r.conn.ReadMessage()
		if err != nil {
			r.t.Fatalf("no answer: %v", err)
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			r.t.Fatalf("%s: %v", data, err)
		}
		if f.Method == "" {
			return f
		}
	}
}

// registered reads up to the word that the core has registered the user.
func (r *raw) registered() {
	r.t.Helper()
	for {
		_, data, err := r.conn.ReadMessage()
		if err != nil {
			r.t.Fatalf("no registration: %v", err)
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			r.t.Fatalf("%s: %v", data, err)
		}
		if f.Method == "session.registration" && f.Params["state"] == "registered" {
			return
		}
	}
}

// closeCode reads to the close frame.
func (r *raw) closeCode() int {
	r.t.Helper()
	for {
		_, _, err := r.conn.ReadMessage()
		if e, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // gorilla returns it unwrapped
			return e.Code
		}
		if err != nil {
			r.t.Fatalf("no close frame: %v", err)
		}
	}
}

func (r *raw) login(token string) frame {
	r.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"session.login","params":{"token":%q,"instance":"7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8aa"}}`, token))
	return r.answer()
}

// token asks the lab's issuer for a token, good or spoiled.
func token(t *testing.T, b *rig.Bed, query string) string {
	t.Helper()
	res, err := http.Get(b.Lab.URL() + "/token?" + query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var out struct{ Token string }
	text, err := io.ReadAll(res.Body)
	if err != nil || json.Unmarshal(text, &out) != nil || out.Token == "" {
		t.Fatalf("token?%s: %s", query, text)
	}
	return out.Token
}

// clear fails unless the error is the catalogue's, with a sentence and a hint.
func clearError(t *testing.T, f frame, name string) {
	t.Helper()
	e, ok := wire.Lookup(name)
	if !ok || f.Error == nil || f.Error.Data.Name != name || f.Error.Code != e.Code || f.Error.Message == "" || f.Error.Data.Hint == "" {
		t.Errorf("answer %+v, want the error %s", f, name)
	}
}
