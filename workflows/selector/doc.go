// Package selector says who is meant: the small language for people that is the same everywhere in YAML.
//
//	person:li.lei                 one person
//	role:finance                  everybody who holds a role of the configuration
//	title:财务经理                  everybody whose job title it is, to the letter
//	group:值班                     everybody of a user group, role or tag of a suite; group:CONNECTION/NAME of one of them
//	dept:财务部                    everybody of a department and of those below it, the same as dept:财务部/all
//	dept:财务部/lead               its lead or leads
//	dept:财务部/members            those who belong to it directly
//	dept:财务部/title:经理          those of dept:财务部 whose job title it is
//	oncall:NAME                   who is on duty when it is asked
//	initiator                     who started it
//	initiator.manager             their manager; .manager may be repeated
//	initiator.managers(3)         the chain of managers upwards, at most three, nearest first
//	initiator.managers(until: X)  the chain up to the first one whom X means, with them; X is person:, role:, title:,
//	                              group: or dept:
//	initiator.dept.lead           the lead of their primary department
//	initiator.dept.leads(3)       the leads of it and of the departments above it, three departments, nearest first
//	initiator.dept.leads(until: X)  the same up to the department that X is, or one of whose leads X means
//	initiator.dept.title(经理)     those of their primary department, and below it, whose job title it is
//	form.FIELD                    the persons in a field of the form
//	form.FIELD.manager            the manager of each of them; whatever can follow initiator can follow such a field
//	form.FIELD.lead               the lead of the department in a field; .leads(…), .members and .all as well
//	chosen                        whom the initiator picked
//
// A chain whose bound nobody meets goes up to the top, and the answer says so. Parse (parse.go) reads a selector,
// Check holds it against a form and the configuration, and Eval (eval.go) answers it from a Directory. A Duty
// (duty.go) is what oncall: asks.
package selector
