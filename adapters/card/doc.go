// Package card is the neutral outbound model: a card is written once and drawn for every suite.
//
// A card is data: no closures and no vendor JSON except in Ext. Templates make it, Validate checks its
// structure (never a suite's limits), an adapter's encoder draws it and returns what was lost as []Loss.
// The package imports the standard library and the neutral ids of adapters/event only.
package card
