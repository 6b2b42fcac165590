package feishu

import (
	"encoding/binary"
	"errors"
)

// Methods of a frame.
const (
	frameControl = 0
	frameData    = 1
)

// frame is one binary message of the long connection, a proto2 message:
//
//	1 SeqID uint64, 2 LogID uint64, 3 service int32, 4 method int32 (all four required),
//	5 headers repeated {1 key string, 2 value string}, 6 payload_encoding string, 7 payload_type string,
//	8 payload bytes, 9 LogIDNew string
//
// Source: pbbp2.proto as generated into the official SDK's long connection client, checked 2026-11.
type frame struct {
	SeqID, LogID          uint64
	Service, Method       int32
	Headers               []frameHeader
	PayloadEncoding, Type string
	Payload               []byte
	LogIDNew              string
}

type frameHeader struct{ Key, Value string }

// header finds the first value under key, "" if there is none.
func (f *frame) header(key string) string {
	for _, h := range f.Headers {
		if h.Key == key {
			return h.Value
		}
	}
	return ""
}

// Wire types of the fields above.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

// marshal writes every field, empty ones too, as the official client does.
func (f *frame) marshal() []byte {
	b := appendVarint(nil, 1, f.SeqID)
	b = appendVarint(b, 2, f.LogID)
	b = appendVarint(b, 3, uint64(int64(f.Service)))
	b = appendVarint(b, 4, uint64(int64(f.Method)))
	for _, h := range f.Headers {
		inner := appendBytes(nil, 1, []byte(h.Key))
		b = appendBytes(b, 5, appendBytes(inner, 2, []byte(h.Value)))
	}
	b = appendBytes(b, 6, []byte(f.PayloadEncoding))
	b = appendBytes(b, 7, []byte(f.Type))
	if f.Payload != nil {
		b = appendBytes(b, 8, f.Payload)
	}
	return appendBytes(b, 9, []byte(f.LogIDNew))
}

func appendVarint(b []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(append(b, byte(field<<3|wireVarint)), v)
}

func appendBytes(b []byte, field int, v []byte) []byte {
	b = binary.AppendUvarint(append(b, byte(field<<3|wireBytes)), uint64(len(v)))
	return append(b, v...)
}

var errFrame = errors.New("not a frame")

// unmarshalFrame reads a frame, skipping fields it does not know. The result shares no memory with b.
func unmarshalFrame(b []byte) (*frame, error) {
	f := &frame{}
	var seen [5]bool
	err := eachField(b, func(field int, v uint64, raw []byte) error {
		switch field {
		case 1:
			f.SeqID = v
		case 2:
			f.LogID = v
		case 3:
			f.Service = int32(v)
		case 4:
			f.Method = int32(v)
		case 5:
			var h frameHeader
			if err := eachField(raw, func(field int, _ uint64, raw []byte) error {
				switch field {
				case 1:
					h.Key = string(raw)
				case 2:
					h.Value = string(raw)
				}
				return nil
			}); err != nil {
				return err
			}
			f.Headers = append(f.Headers, h)
		case 6:
			f.PayloadEncoding = string(raw)
		case 7:
			f.Type = string(raw)
		case 8:
			f.Payload = append([]byte{}, raw...)
		case 9:
			f.LogIDNew = string(raw)
		}
		if field < len(seen) {
			seen[field] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, there := range seen[1:] {
		if !there {
			return nil, errFrame // a required field is missing
		}
	}
	return f, nil
}

// eachField walks over a protobuf message; v is set for varints, raw for length-delimited fields.
func eachField(b []byte, visit func(field int, v uint64, raw []byte) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return errFrame
		}
		b = b[n:]
		var v uint64
		var raw []byte
		switch tag & 7 {
		case wireVarint:
			if v, n = binary.Uvarint(b); n <= 0 {
				return errFrame
			}
			b = b[n:]
		case wireBytes:
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return errFrame
			}
			raw, b = b[n:n+int(size)], b[n+int(size):]
		case wire64, wire32:
			size := 8
			if tag&7 == wire32 {
				size = 4
			}
			if len(b) < size {
				return errFrame
			}
			b = b[size:]
			continue // no field of ours has these types
		default:
			return errFrame
		}
		if err := visit(int(tag>>3), v, raw); err != nil {
			return err
		}
	}
	return nil
}
