// Package adapterstest says what every adapter owes: Run goes over one, Goldens compares what it makes of
// recorded calls, Server is a vendor's API that answers by script.
//
// An adapter's test makes a Side, the vendor's end of a fresh platform, and hands it over:
//
//	func TestConformance(t *testing.T) {
//		adapterstest.Run(t, func(t *testing.T, env adapters.Env) adapterstest.Side { … })
//	}
//
// What a suite can't do is declared in its Capabilities; Run then checks that it says Unsupported. A check
// whose part of the Side is nil does not concern the suite and is left out: Run lists those in its log.
package adapterstest
