package approval

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"magpie/adapters/event"
	"magpie/workflows/cond"
)

// parseFiles reads files that one of our own pages or interfaces has stored: what comes from a suite is never one.
func (f *field) parseFiles(in event.Value) (value, string) {
	if in.Kind != event.ValueFiles {
		if in.Typed() != "" || len(in.List) > 0 || len(in.Refs) > 0 || len(in.Rows) > 0 {
			return value{}, textNotFile
		}
		return value{}, ""
	}
	if len(in.Files) > maxFiles {
		return value{}, fmt.Sprintf(textManyFiles, f.maxFiles())
	}
	var out value
	problem := ""
	for _, x := range in.Files {
		x.Name = fileName(x.Name)
		if x.ID == "" || len(x.ID) > 64 || x.Name == "" || slices.ContainsFunc(out.F, func(o event.File) bool { return o.ID == x.ID }) {
			continue
		}
		if what := f.fileProblem(x); what != "" && problem == "" {
			problem = x.Name + " " + what
		}
		out.F = append(out.F, x)
	}
	n := len(out.F)
	switch {
	case problem != "":
	case n > f.maxFiles():
		problem = fmt.Sprintf(textManyFiles, f.maxFiles())
	case f.min != nil && n > 0 && n < int(*f.min/cond.Scale):
		problem = fmt.Sprintf(textFewFiles, int(*f.min/cond.Scale))
	}
	return out, problem
}

func (f *field) maxFiles() int {
	if f.max != nil {
		return int(*f.max / cond.Scale)
	}
	return maxFiles
}

func (f *field) fileProblem(x event.File) string {
	end := strings.TrimPrefix(strings.ToLower(path.Ext(x.Name)), ".")
	switch {
	case x.Size > f.maxBytes && f.maxBytes > 0:
		return fmt.Sprintf(textFileSize, f.maxBytes/1_000_000, (f.maxBytes%1_000_000)/1000)
	case f.typ == typeImage && !slices.Contains(imageTypes, x.Type):
		return textNotImage
	case len(f.accept) > 0 && !slices.Contains(f.accept, end):
		return fmt.Sprintf(textFileType, strings.Join(f.accept, "、"))
	}
	return ""
}

// fileName makes a file's name harmless: no folders, no control characters, not too long, its ending kept.
func fileName(s string) string {
	s = strings.ReplaceAll(clean(s, false), "\\", "/")
	s = strings.TrimSpace(s[strings.LastIndexByte(s, '/')+1:])
	if utf8.RuneCountInString(s) > 100 {
		end := path.Ext(s)
		if utf8.RuneCountInString(end) > 10 {
			end = ""
		}
		s = cut(strings.TrimSuffix(s, end), 90) + end
	}
	return s
}
