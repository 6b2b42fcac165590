package workflows

import (
	"time"

	"magpie/adapters/card"
)

// Printer is a Program whose instances can be put on paper: what was asked for, beside the Teller's account of what
// happened.
type Printer interface {
	// Sheet gives an instance as it is now, without what a person may not see; for person "" all of it. Pure.
	Sheet(in Instance, person string) (Sheet, error)
}

// Sheet is the head of a print.
type Sheet struct {
	Flow      string // 采购申请
	No        string // what people quote; "" for a draft
	Title     string
	Status    card.Text
	Initiator string // name
	Dept      string
	Sent      time.Time // zero for a draft
	Ended     time.Time // zero while it runs
	Fields    []SheetField
}

// SheetField is one filled field.
type SheetField struct {
	Label, Value string
	Capitals     string // of money: 壹佰元整
}
