// Package web is what employee pages, console and API have in common: the signed addresses that lead one
// person to one page.
package web
