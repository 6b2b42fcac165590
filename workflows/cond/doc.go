// Package cond is the language of `if:` in workflows: the expr language, narrowed and typed by one form.
//
//	form.amount >= 5000 and form.type in ["设备", "软件"]
//	initiator.dept == "研发部" and not given(form.needed)
//	form.start >= "2026-01-01"
//
// Numbers and money are exact: every value and every literal becomes a whole number of millionths before
// expr sees it, so that 0.1 is a tenth and nothing is ever a float. A literal with an exponent, with more
// than six digits after the point, or beyond ±999,999,999,999.999999 is refused when compiling.
//
// What a field that was left empty is: "" for texts, selects and persons, 0 for numbers and money, false
// for a switch, an empty list; every comparison with a date that was not given is false. given(form.x)
// tells the difference.
//
// There is no loop in the language (ranges, predicates, indexing and maps are refused), no clock, no network;
// source, nodes and memory are bounded, so that evaluation always ends quickly.
package cond
