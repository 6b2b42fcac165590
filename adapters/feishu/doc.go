// Package feishu is the adapter for Feishu (and Lark, by another base address): one self-built app in one tenant.
//
// Inbound, receive.go and the decode files authenticate and translate; outbound, encode*.go draws a neutral
// card as card JSON 2.0 and client.go carries it, with a tenant token that one Platform fetches for itself.
// The calls are made by a small client of our own: the vendor's kit repeats a refused token with the same
// token, does not bound an answer's size, hides whether a request was written before a time-out, and does not
// wait for what the gateway asks. The long connection is ours too; it lives in a package of its
// own and is plugged in by WithListener, so that who uses webhooks only does not link it.
//
// Source of all shapes: Feishu Open Platform, "Server API" and "Card JSON 2.0", checked 2026-11.
package feishu
