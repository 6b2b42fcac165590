package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"magpie/adapters"
)

// usage shows what each connection has spent of its vendor's allowances, as it stands when it is asked.
type usage struct {
	connections func() []*adapters.Connection
	used, limit *prometheus.Desc
}

var _ prometheus.Collector = (*usage)(nil)

func newUsage(connections func() []*adapters.Connection) *usage {
	labels := []string{"connection", "allowance"}
	return &usage{
		connections: connections,
		used:        prometheus.NewDesc("magpie_allowance_used", "Spent of a vendor's monthly allowance by all processes on the database.", labels, nil),
		limit:       prometheus.NewDesc("magpie_allowance_limit", "The vendor's monthly allowance, where there is one.", labels, nil),
	}
}

// Describe implements prometheus.Collector.
func (u *usage) Describe(out chan<- *prometheus.Desc) { out <- u.used; out <- u.limit }

// Collect implements prometheus.Collector. An allowance that the vendor says is used up counts as such, whatever
// we have spent of it: the organisation's other apps share it.
func (u *usage) Collect(out chan<- prometheus.Metric) {
	for _, c := range u.connections() {
		for _, x := range c.Usage() {
			used := x.Used
			if x.Spent {
				used = max(used, x.Limit)
			}
			out <- prometheus.MustNewConstMetric(u.used, prometheus.GaugeValue, float64(used), c.ID, x.Name)
			if x.Limit > 0 {
				out <- prometheus.MustNewConstMetric(u.limit, prometheus.GaugeValue, float64(x.Limit), c.ID, x.Name)
			}
		}
	}
}
