// SPDX-License-Identifier: BSD-2-Clause

// The same as tls_talk.py, by Go's crypto/tls:
//
//	tls_talk serve CERT KEY PORTFILE
//	tls_talk client CERT PORT CONNECTIONS MESSAGES
//
// TALK_VERSION=TLSv1_2 and TALK_HELD are as there.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/rand"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

func text(i, k int) string {
	return fmt.Sprintf("conn-%d-msg-%d-%s.", i, k, strings.Repeat("x", (i*7+k*13)%400))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(cert, key, path string) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	must(err)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	must(err)
	port := listener.Addr().(*net.TCPAddr).Port
	must(os.WriteFile(path+".new", []byte(strconv.Itoa(port)), 0o600))
	must(os.Rename(path+".new", path))
	for {
		conn, err := listener.Accept()
		must(err)
		go func() {
			defer conn.Close()
			buffer := make([]byte, 4096)
			for {
				n, err := conn.Read(buffer)
				if err != nil {
					return
				}
				if _, err = conn.Write(buffer[:n]); err != nil {
					return
				}
			}
		}()
	}
}

// Where clients wait for each other, and for a file.
type held struct {
	path    string
	missing sync.WaitGroup
}

func (h *held) arrive() {
	if h.path == "" {
		return
	}
	h.missing.Done()
	for {
		if _, err := os.Stat(h.path); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (h *held) tell() {
	if h.path != "" {
		h.missing.Wait()
		must(os.WriteFile(h.path+".held", nil, 0o600))
	}
}

func talk(config *tls.Config, port string, i, messages int, wait *held) {
	conn, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
	must(err)
	defer conn.Close()
	// On the stack, which may move while Read waits.
	var got [512]byte
	for k := 0; k < messages; k++ {
		if k == 1 {
			wait.arrive()
		}
		time.Sleep(time.Duration(rand.Intn(20)) * time.Millisecond)
		want := text(i, k)
		_, err := conn.Write([]byte(want))
		must(err)
		_, err = io.ReadFull(conn, got[:len(want)])
		must(err)
		if string(got[:len(want)]) != want {
			os.Exit(1)
		}
	}
}

func main() {
	if os.Args[1] == "serve" {
		serve(os.Args[2], os.Args[3], os.Args[4])
	}
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(os.Args[2])
	must(err)
	pool.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	if os.Getenv("TALK_VERSION") == "TLSv1_2" {
		config.MaxVersion = tls.VersionTLS12
	}
	connections, _ := strconv.Atoi(os.Args[4])
	messages, _ := strconv.Atoi(os.Args[5])
	wait := &held{path: os.Getenv("TALK_HELD")}
	wait.missing.Add(connections)
	go wait.tell()
	var all sync.WaitGroup
	for i := 0; i < connections; i++ {
		all.Add(1)
		// Before Go 1.22 all of them would have the same i.
		go func(i int) {
			defer all.Done()
			talk(config, os.Args[3], i, messages, wait)
		}(i)
	}
	all.Wait()
}
