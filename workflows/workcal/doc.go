// Package workcal knows working time: working hours with a lunch break, weekends, public holidays and the
// weekend days that are worked in exchange for them.
//
// Holidays are data, one YAML file a year and country; those of cn that were announced are shipped. A year
// without data counts plain weekdays, and Known says so. A Calendar is immutable: new data make a new one.
package workcal
