package longconn

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"encoding/binary"
)

// Methods of a frame.
const (
	methodControl = 0
	methodData    = 1
)

// Keys and values of frame headers.
const (
	keyType      = "type"
	keyMessageID = "message_id"
	keySum       = "sum" // how many parts a payload was split into
	keySeq       = "seq" // which of them this is, from 0
	keyTraceID   = "trace_id"
	keyBizRT     = "biz_rt" // how long we took, in milliseconds

	typePing  = "ping"
	typePong  = "pong"
	typeEvent = "event"
	typeCard  = "card"
)

// maxHeaders is how many headers a frame may have. Feishu sends eight or so.
const maxHeaders = 64

// header is one header of a frame.
type header struct{ key, value string }

// frame is what the two sides exchange, a protocol buffer (proto2) in a binary message:
//
//	1 SeqID uint64, 2 LogID uint64, 3 service int32, 4 method int32, 5 headers {1 key, 2 value} repeated,
//	6 payload_encoding string, 7 payload_type string, 8 payload bytes, 9 LogIDNew string
//
// An acknowledgement is the frame itself with another payload, so that everything has to survive.
//
// Source: Feishu Open Platform, "Receive events through a long connection", checked 2026-11.
type frame struct {
	seqID, logID    uint64
	service, method int32
	headers         []header
	payloadEncoding string
	payloadType     string
	payload         []byte
	logIDNew        string
}

// get returns the value of a header, "" if it is not there.
func (f *frame) get(key string) string {
	for _, h := range f.headers {
		if h.key == key {
			return h.value
		}
	}
	return ""
}

// number returns a header as a number, 0 if it is none.
func (f *frame) number(key string) int {
	n, err := strconv.Atoi(f.get(key))
	if err != nil {
		return 0
	}
	return n
}

// pingFrame is the sign of life that we send.
func pingFrame(service int32) frame {
	return frame{service: service, method: methodControl, headers: []header{{keyType, typePing}}}
}

// Wire types of protocol buffers.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

// marshal writes the frame: the required fields always, the strings always as the vendor's own client
// does, the payload only if there is one.
func (f *frame) marshal() []byte {
	b := make([]byte, 0, 128+len(f.payload))
	b = appendVarint(b, 1, f.seqID)
	b = appendVarint(b, 2, f.logID)
	b = appendVarint(b, 3, uint64(int64(f.service)))
	b = appendVarint(b, 4, uint64(int64(f.method)))
	for _, h := range f.headers {
		var inner []byte
		inner = appendBytes(inner, 1, h.key)
		inner = appendBytes(inner, 2, h.value)
		b = appendBytes(b, 5, inner)
	}
	b = appendBytes(b, 6, f.payloadEncoding)
	b = appendBytes(b, 7, f.payloadType)
	if f.payload != nil {
		b = appendBytes(b, 8, f.payload)
	}
	return appendBytes(b, 9, f.logIDNew)
}

func appendVarint(b []byte, field int, v uint64) []byte {
	b = binary.AppendUvarint(b, uint64(field)<<3|wireVarint)
	return binary.AppendUvarint(b, v)
}

func appendBytes[T string | []byte](b []byte, field int, v T) []byte {
	b = binary.AppendUvarint(b, uint64(field)<<3|wireBytes)
	b = binary.AppendUvarint(b, uint64(len(v)))
	return append(b, v...)
}

var errFrame = errors.New("broken frame")

// parseFrame reads a frame. Fields that are not known are skipped. The payload is a copy.
func parseFrame(b []byte) (frame, error) {
	var f frame
	err := fields(b, func(num, wire int, n uint64, v []byte) error {
		switch {
		case num == 1 && wire == wireVarint:
			f.seqID = n
		case num == 2 && wire == wireVarint:
			f.logID = n
		case num == 3 && wire == wireVarint:
			f.service = int32(n)
		case num == 4 && wire == wireVarint:
			f.method = int32(n)
		case num == 5 && wire == wireBytes:
			h, err := parseHeader(v)
			if err != nil {
				return err
			}
			if len(f.headers) == maxHeaders {
				return fmt.Errorf("%w: more than %d headers", errFrame, maxHeaders)
			}
			f.headers = append(f.headers, h)
		case num == 6 && wire == wireBytes:
			f.payloadEncoding = string(v)
		case num == 7 && wire == wireBytes:
			f.payloadType = string(v)
		case num == 8 && wire == wireBytes:
			f.payload = append([]byte{}, v...)
		case num == 9 && wire == wireBytes:
			f.logIDNew = string(v)
		}
		return nil
	})
	return f, err
}

func parseHeader(b []byte) (header, error) {
	var h header
	err := fields(b, func(num, wire int, _ uint64, v []byte) error {
		switch {
		case wire != wireBytes:
		case !utf8.Valid(v):
			return fmt.Errorf("%w: header is not UTF-8", errFrame)
		case num == 1:
			h.key = string(v)
		case num == 2:
			h.value = string(v)
		}
		return nil
	})
	return h, err
}

// fields calls see for every field of a message, in order: with n for numbers, with v for bytes.
func fields(b []byte, see func(num, wire int, n uint64, v []byte) error) error {
	for len(b) > 0 {
		tag, size := binary.Uvarint(b)
		if size <= 0 || tag>>3 == 0 || tag>>3 > 1<<29-1 {
			return fmt.Errorf("%w: tag", errFrame)
		}
		b = b[size:]
		num, wire := int(tag>>3), int(tag&7)
		var n uint64
		var v []byte
		switch wire {
		case wireVarint:
			if n, size = binary.Uvarint(b); size <= 0 {
				return fmt.Errorf("%w: number", errFrame)
			}
			b = b[size:]
		case wireBytes:
			length, size := binary.Uvarint(b)
			if size <= 0 || length > uint64(len(b)-size) {
				return fmt.Errorf("%w: length", errFrame)
			}
			v, b = b[size:size+int(length)], b[size+int(length):]
		case wire64, wire32:
			size := 8
			if wire == wire32 {
				size = 4
			}
			if len(b) < size {
				return fmt.Errorf("%w: cut off", errFrame)
			}
			b = b[size:]
		default: // groups, which nobody sends any more
			return fmt.Errorf("%w: wire type %d", errFrame, wire)
		}
		if err := see(num, wire, n, v); err != nil {
			return err
		}
	}
	return nil
}
