// Package simulator is the vendors' side: servers that behave as the suites do, for trying Magpie out and
// for tests, and the chats of a sample company to use them by hand.
//
// It speaks the vendors' real HTTP, encryption, signatures, error bodies, rate limits, redelivery and card
// rules, and refuses what a real suite refuses, with the vendor's code. It shares no code with adapters, in
// either direction: both are written from the vendors' documents, so that a misreading is not shared.
//
// The root package is the contract: Suite, the sample company, the bus and the /sim/api surface; and what is
// the same in every suite because it is ours and no vendor's: the faults that can be switched on, the state file,
// what is under way and its end.
package simulator
