// SPDX-License-Identifier: BSD-2-Clause

// Where a crypto/tls.Conn of the Go that builds this has what record/tls_layout.c wants to know:
// "go1.22.1 version client sent received", offsets in bytes.
//
//	GOTOOLCHAIN=go1.22.1 go run tools/go-tls-offsets/main.go
package main

import (
	"crypto/tls"
	"fmt"
	"reflect"
	"runtime"
)

func offset(names ...string) uintptr {
	at := reflect.TypeOf(tls.Conn{})
	var sum uintptr
	for _, name := range names {
		field, found := at.FieldByName(name)
		if !found {
			panic("crypto/tls.Conn has no " + name)
		}
		sum += field.Offset
		at = field.Type
	}
	return sum
}

func main() {
	fmt.Printf("%s %#x %#x %#x %#x\n", runtime.Version(), offset("vers"), offset("isClient"),
		offset("out", "trafficSecret"), offset("in", "trafficSecret"))
}
