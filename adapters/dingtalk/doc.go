// Package dingtalk is the adapter for DingTalk: one internal app (企业内部应用) with a robot, in one organisation.
//
// Three things arrive, each by a call of its own or as a frame of the stream connection: events of the
// organisation (encrypted), what people write to the robot (signed), and presses on interactive cards (signed).
// receive.go tells them apart and authenticates them; the decode files translate. What goes out is an
// interactive card, if the tenant has imported our templates, else an ActionCard or markdown whose buttons
// lead to our pages; and plain texts, by the conversation's own webhook while that lives, else by the robot
// interface. All calls are made by a small client of our own on both of DingTalk's hosts.
//
// The stream connection lives in a package of its own (stream) and is plugged in by WithListener, so that who
// uses webhooks only does not link it.
//
// Source of all shapes: DingTalk Open Platform, "Development documents", checked 2026-08.
package dingtalk
