// Package adapters is the contract between Magpie and the suites.
//
// A Platform is the driver of one app in one tenant of one suite: it authenticates and decodes what the
// vendor sends (Receive), sends messages (Send) and says what it can (Capabilities). Every further
// ability is a small interface of its own. Callers never assert on a Platform: they hold a Connection,
// the portable type with what is the same for all suites: deadlines, the choice between updating a card
// and sending a new one, and one error type.
//
// A driver does not retry and does not wait for a rate limit: it reports an *Error with its Kind, and the
// delivery runtime decides. All methods may be called concurrently.
//
// Imports: adapters/event, adapters/card and config only. A new suite is a new folder, one line in
// cmd/magpie/registry.go and a block in the example configuration; adapters/adapterstest says what it owes.
package adapters
