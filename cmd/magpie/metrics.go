package main

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"magpie/adapters"
	"magpie/adapters/delivery"
	"magpie/adapters/event"
	"magpie/adapters/webhook"
)

// metrics are what /metrics shows. Labels never name a person or a conversation.
type metrics struct {
	accounts *prometheus.GaugeVec
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	events   *prometheus.CounterVec
	answers  *prometheus.HistogramVec
	lost     *prometheus.CounterVec
	calls    *prometheus.CounterVec
	age      *prometheus.HistogramVec
	buried   *prometheus.CounterVec
}

var seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 1.5, 2, 3, 5, 30, 300}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "magpie_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "magpie_" + name, Help: help, Buckets: seconds}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("webhook_requests_total", "Inbound calls by connection and HTTP status.", "connection", "status"),
		took:     histogram("webhook_seconds", "From receipt of an inbound call to its answer.", "connection"),
		events:   counter("events_total", "Events taken in, by kind; repeated are those delivered again.", "connection", "kind", "repeated"),
		answers:  histogram("press_answer_seconds", "From receipt of a press to its answer.", "connection", "outcome"),
		lost:     counter("presses_lost_total", "Presses that were answered but could not be stored.", "connection"),
		calls:    counter("delivery_calls_total", "Calls to suites by operation and outcome.", "connection", "op", "outcome"),
		age:      histogram("delivery_age_seconds", "From the commit of a message to its acceptance by the suite.", "connection", "op"),
		buried:   counter("delivery_buried_total", "Messages given up, by reason.", "connection", "op", "reason"),
	}
	m.accounts = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "magpie_accounts", Help: "Accounts in the directories: linked, unlinked, conflict or left."}, []string{"connection", "state"})
	m.registry.MustRegister(m.accounts, m.requests, m.took, m.events, m.answers, m.lost, m.calls, m.age, m.buried,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) webhook() webhook.Metrics {
	return webhook.Metrics{
		Request: func(connection string, status int, took time.Duration) {
			m.requests.WithLabelValues(connection, strconv.Itoa(status)).Inc()
			m.took.WithLabelValues(connection).Observe(took.Seconds())
		},
		Event: func(connection string, kind event.Kind, isNew bool) {
			m.events.WithLabelValues(connection, string(kind), strconv.FormatBool(!isNew)).Inc()
		},
		Answer: func(connection string, took time.Duration, withOutcome bool) {
			outcome := "late"
			if withOutcome {
				outcome = "in_time"
			}
			m.answers.WithLabelValues(connection, outcome).Observe(took.Seconds())
		},
		Lost: func(connection string) { m.lost.WithLabelValues(connection).Inc() },
	}
}

func (m *metrics) delivery() delivery.Metrics {
	return delivery.Metrics{
		Called: func(connection, op string, kind adapters.Kind, _ time.Duration) {
			outcome := string(kind)
			if outcome == "" {
				outcome = "ok"
			}
			m.calls.WithLabelValues(connection, op, outcome).Inc()
		},
		Sent: func(connection, op string, age time.Duration) {
			m.age.WithLabelValues(connection, op).Observe(age.Seconds())
		},
		Buried: func(connection, op string, kind adapters.Kind) {
			m.buried.WithLabelValues(connection, op, string(kind)).Inc()
		},
	}
}
