// Package selector says who is meant: the small language for people that is the same everywhere in YAML.
//
//	person:li.lei                 one person
//	role:finance                  everybody who holds a role of the configuration
//	dept:财务部                    everybody of a department and of those below it, the same as dept:财务部/all
//	dept:财务部/lead               its lead or leads
//	dept:财务部/members            those who belong to it directly
//	initiator                     who started it
//	initiator.manager             their manager; .manager may be repeated
//	initiator.managers(3)         the chain of managers upwards, at most three, nearest first
//	initiator.dept.lead           the lead of their primary department
//	form.FIELD                    the persons in a field of the form
//	chosen                        whom the initiator picked
//	oncall:NAME                   who is on duty now
//
// Parse reads one, Check holds it against a form and the roles, and Eval (eval.go) answers it from a Directory.
package selector
