// SPDX-License-Identifier: BSD-2-Clause

// HTTP over TLS by Go's net/http, each client on a connection of its own:
//
//	tls_http serve CERT KEY PORTFILE
//	tls_http client CERT PORT h1|h2 CLIENTS REQUESTS
//
// Client I posts "body-I-K..." to /client/I/request/K, and is sent back what it said.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(cert, key, path string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	port := listener.Addr().(*net.TCPAddr).Port
	must(os.WriteFile(path+".new", []byte(strconv.Itoa(port)), 0o600))
	must(os.Rename(path+".new", path))
	must(http.ServeTLS(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		must(err)
		_, _ = w.Write(body)
	}), cert, key))
}

func say(client *http.Client, url, body string) {
	response, err := client.Post(url, "text/plain", strings.NewReader(body))
	must(err)
	back, err := io.ReadAll(response.Body)
	must(err)
	must(response.Body.Close())
	if string(back) != body {
		must(fmt.Errorf("%s: not what was said: %.80s", url, back))
	}
}

func client(cert, port, version string, clients, requests int) {
	var done sync.WaitGroup
	pem, err := os.ReadFile(cert)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for i := 0; i < clients; i++ {
		done.Add(1)
		go func(i int) {
			defer done.Done()
			transport := &http.Transport{
				TLSClientConfig:   &tls.Config{RootCAs: roots},
				ForceAttemptHTTP2: version == "h2",
			}
			for k := 0; k < requests; k++ {
				url := fmt.Sprintf("https://localhost:%s/client/%d/request/%d", port, i, k)
				long := strings.Repeat("x", (i*7+k*1301)%20000)
				say(&http.Client{Transport: transport}, url, fmt.Sprintf("body-%d-%d-%s", i, k, long))
			}
			transport.CloseIdleConnections()
		}(i)
	}
	done.Wait()
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	must(err)
	return n
}

func main() {
	if os.Args[1] == "serve" {
		serve(os.Args[2], os.Args[3], os.Args[4])
	}
	client(os.Args[2], os.Args[3], os.Args[4], number(os.Args[5]), number(os.Args[6]))
}
