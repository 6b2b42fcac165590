// Package event is the neutral inbound model: what happened in a suite, in words that no suite owns.
//
// An adapter authenticates and decodes a vendor's bytes into an Event; the inbox stores it; the engine
// and the programs read it. The package is pure data over the standard library, so that everything may
// import it. The set of kinds is closed, the set of vendor types is open: what is not mapped stays an
// Event of KindUnknown with its VendorType and its decrypted bytes in Raw.
//
// To add a kind: one constant, one Body type, one line in bodies, one golden in the adapters that have it.
package event
