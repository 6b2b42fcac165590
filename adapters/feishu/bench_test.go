package feishu

import (
	"testing"

	"magpie/adapters"
)

// BenchmarkEncodeCard draws an ordinary approval card.
func BenchmarkEncodeCard(b *testing.B) {
	c := approvalCard()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := encodeCard(*c, adapters.EncodeOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
