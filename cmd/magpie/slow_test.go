package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// A caller who announces a body and sends none is let go, and whoever sends theirs is served for as long as it takes.
func TestSlowBodiesEnd(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(bodyWithin(200 * time.Millisecond))
	ended := make(chan error, 1)
	r.POST("/webhook/x", func(c *gin.Context) {
		_, err := io.ReadAll(c.Request.Body)
		ended <- err
		c.Status(http.StatusNoContent)
	})
	server := httptest.NewServer(r)
	defer server.Close()

	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprint(conn, "POST /webhook/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a body that never came was read")
		}
	case <-time.After(time.Minute):
		t.Fatal("the handler waits for ever")
	}
	resp, err := http.Post(server.URL+"/webhook/x", "text/plain", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := <-ended; err != nil || resp.StatusCode != http.StatusNoContent {
		t.Errorf("%v, %d", err, resp.StatusCode)
	}
}
