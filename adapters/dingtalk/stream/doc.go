// Package stream holds DingTalk's stream connection: sockets that we open, over which DingTalk sends what it would
// otherwise post to a callback address.
//
// The vendor's kit speaks the protocol; only its client and its raw frames are used, behind the small interface
// Client. What this package adds is what the kit leaves out: two connections stand at the same time, since each push
// goes to one of them at random and the kit waits at least 3 s after one was closed; a disconnect is acted upon at
// once, with the new connection up before the old one is let go; a connection that has brought nothing for a while
// is replaced, although it still answers pings; one that broke is opened again within a second; and every event takes one
// way whatever its type.
//
// What is not acknowledged comes again after about a minute. The kit reads frames of any size into memory, and
// drops frames unacknowledged when more than 100 are being handled.
package stream
