package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"magpie/store"
	"magpie/web/pages"
	"magpie/workflows"
	"magpie/workflows/desk"
)

func auditExportCommand() *cobra.Command {
	var path, format, file, from, to, lang string
	var f store.TrailFilter
	c := &cobra.Command{
		Use: "export", Short: "Write trails as JSON Lines, CSV, or a page for paper",
		Long: `Export writes the trails of instances: all, one (--instance), those of a workflow, or those made in a time
(--from and --to are days, both included).

jsonl is for whoever verifies the hashes without us: an entry a line, data and private as the texts that are hashed.
csv is for tables (UTF-8 with a mark, nothing is taken for a formula), html a page for A4 with every step, the digest of
the card that was seen at each decision, and whether the record holds.`,
		Example: "  magpie audit export --instance 0f3k… --format html -o request.html\n  magpie audit export --workflow expense --from 2026-10-01 --to 2026-10-31 --format csv -o october.csv",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			p, ps := loadProject(path, offline())
			if p == nil {
				return fmt.Errorf("the configuration can't be used:\n%w", ps)
			}
			loc := p.cfg.Server.Location
			if f.From, f.To, err = daysOf(from, to, loc); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			known := map[string]workflows.Program{}
			e := exporter{loc: loc, lang: lang, program: func(s *store.Store, in workflows.Instance) (workflows.Program, error) {
				return pinned(c.Context(), s, p, known, in)
			}}
			if !slices.Contains(exportFormats, format) { // before a file is emptied for it
				return &usageError{c.CommandPath(), fmt.Errorf("--format %s: %s", format, strings.Join(exportFormats, ", "))}
			}
			if lang != "zh" && lang != "en" {
				return &usageError{c.CommandPath(), fmt.Errorf("--lang %s: zh, en", lang)}
			}
			out := c.OutOrStdout()
			if file != "" {
				to, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
				if err != nil {
					return fmt.Errorf("export: %w", err)
				}
				defer func() {
					if cerr := to.Close(); err == nil {
						err = cerr
					}
				}()
				out = to
			}
			end, err := e.format(format, out)
			if err != nil {
				return err
			}
			return withStore(c.Context(), path, func(s *store.Store) error {
				e.s = s
				return errors.Join(s.EachInstance(c.Context(), f, func(in workflows.Instance) error { return e.add(c.Context(), in) }), end())
			})
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&format, "format", "jsonl", "jsonl, csv or html")
	c.Flags().StringVar(&lang, "lang", "zh", "language of the words of html: zh or en")
	c.Flags().StringVarP(&file, "output", "o", "", "write to this file")
	c.Flags().StringVar(&f.Instance, "instance", "", "only this instance")
	c.Flags().StringVar(&f.Workflow, "workflow", "", "only instances of this workflow")
	c.Flags().StringVar(&from, "from", "", "only instances made on this day or later (2026-10-01)")
	c.Flags().StringVar(&to, "to", "", "only instances made on this day or earlier")
	return c
}

// daysOf turns two days, both included, into instants.
func daysOf(from, to string, loc *time.Location) (a, b time.Time, err error) {
	if from != "" {
		if a, err = time.ParseInLocation(time.DateOnly, from, loc); err != nil {
			return a, b, fmt.Errorf("--from %s: write a day like 2026-10-01", from)
		}
	}
	if to != "" {
		if b, err = time.ParseInLocation(time.DateOnly, to, loc); err != nil {
			return a, b, fmt.Errorf("--to %s: write a day like 2026-10-31", to)
		}
		b = b.AddDate(0, 0, 1)
	}
	if !a.IsZero() && !b.IsZero() && !a.Before(b) {
		return a, b, fmt.Errorf("--from %s is after --to %s", from, to)
	}
	return a, b, nil
}

// pinned is the program of the version that an instance runs on.
func pinned(ctx context.Context, s *store.Store, p *project, known map[string]workflows.Program, in workflows.Instance) (workflows.Program, error) {
	for _, prog := range p.programs {
		if d := prog.Definition(); d.ID == in.Definition && d.Hash == in.Hash {
			return prog, nil
		}
	}
	key := in.Definition + "@" + in.Hash
	if prog, ok := known[key]; ok {
		return prog, nil
	}
	d, err := s.LoadDefinition(ctx, in.Definition, in.Hash)
	if err != nil {
		return nil, err
	}
	prog, _, ps := compileSource(key, d.Source, p.env)
	if prog == nil {
		return nil, ps
	}
	known[key] = prog
	return prog, nil
}

var exportFormats = []string{"jsonl", "csv", "html"}

// exporter carries one export.
type exporter struct {
	s       *store.Store
	loc     *time.Location
	lang    string // of html
	program func(s *store.Store, in workflows.Instance) (workflows.Program, error)
	add     func(ctx context.Context, in workflows.Instance) error
}

// format chooses what is written; end closes it.
func (e *exporter) format(name string, w io.Writer) (end func() error, err error) {
	switch name {
	case "jsonl":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		e.add = func(ctx context.Context, in workflows.Instance) error { return e.lines(ctx, in, enc) }
		return func() error { return nil }, nil
	case "csv":
		if _, err := io.WriteString(w, "\ufeff"); err != nil { // spreadsheets take it for another encoding without
			return nil, err
		}
		c := csv.NewWriter(w)
		c.UseCRLF = true
		if err := c.Write([]string{"审批", "流程", "标题", "状态", "序号", "时间", "谁", "事件", "说明", "意见", "所见卡片摘要", "内容", "个人内容", "起因", "前一条哈希", "哈希"}); err != nil {
			return nil, err
		}
		e.add = func(ctx context.Context, in workflows.Instance) error { return e.rows(ctx, in, c) }
		return func() error { c.Flush(); return c.Error() }, nil
	case "html":
		p := pages.NewPrinter(w, e.lang, e.loc, time.Now())
		e.add = func(ctx context.Context, in workflows.Instance) error {
			if in.Definition == desk.ProgramID {
				return nil // of no workflow: several decided at once, each of which has its own page
			}
			prog, err := e.program(e.s, in)
			if err != nil {
				return err
			}
			if _, ok := prog.(workflows.Printer); !ok {
				return nil // of a kind that has no form
			}
			one, err := printOf(ctx, e.s, prog, in, "")
			if err != nil {
				return err
			}
			return p.Add(one)
		}
		return p.Close, nil
	}
	return nil, fmt.Errorf("--format %s: jsonl, csv or html", name)
}

// exported is an entry as a line of JSON. Data and Private are texts, so that no reader of JSON changes a byte of
// what is hashed.
type exported struct {
	Instance string  `json:"instance"`
	Seq      int64   `json:"seq"`
	At       string  `json:"at"`
	Kind     string  `json:"kind"`
	Actor    string  `json:"actor"`
	Event    string  `json:"event"`
	Data     string  `json:"data"`
	Private  *string `json:"private,omitempty"`
	Salt     string  `json:"salt,omitempty"`
	Digest   string  `json:"digest"`
	Card     string  `json:"card,omitempty"`
	Prev     string  `json:"prev_hash"`
	Hash     string  `json:"hash"`
}

func (e *exporter) lines(ctx context.Context, in workflows.Instance, enc *json.Encoder) error {
	trail, err := e.s.ExportTrail(ctx, in.ID)
	if err != nil {
		return err
	}
	for _, t := range trail {
		x := exported{
			Instance: t.Instance, Seq: t.Seq, At: workflows.FormatTime(t.At), Kind: t.Kind, Actor: t.Actor, Event: t.Event, Data: string(t.Data),
			Salt: t.Salt, Digest: t.Digest, Card: t.Card, Prev: t.PrevHash, Hash: t.Hash,
		}
		if t.Private != nil {
			text := string(t.Private)
			x.Private = &text
		}
		if err := enc.Encode(x); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporter) rows(ctx context.Context, in workflows.Instance, c *csv.Writer) error {
	trail, err := e.s.ExportTrail(ctx, in.ID)
	if err != nil {
		return err
	}
	told := map[int64]workflows.Told{}
	flow := in.Definition
	if prog, err := e.program(e.s, in); err == nil {
		flow = prog.Definition().Name
		if t, ok := prog.(workflows.Teller); ok {
			plain := make([]workflows.Entry, len(trail))
			for i := range trail {
				plain[i] = trail[i].Entry
			}
			lines, _ := t.Tell(in, plain) // an altered trail that can't be told is exported too
			for _, l := range lines {
				told[l.Seq] = l
			}
		}
	}
	for _, t := range trail {
		private := string(t.Private)
		if t.Private == nil && t.Digest != "" {
			private = workflows.TextErased
		}
		who := told[t.Seq].Who
		if who == "" {
			who = t.Actor
		}
		row := []string{
			in.ID, flow, in.Title, string(in.Status), strconv.FormatInt(t.Seq, 10), t.At.In(e.loc).Format("2006-01-02 15:04:05.000"), who, t.Kind,
			told[t.Seq].What.Default, told[t.Seq].Note, t.Card, string(t.Data), private, t.Event, t.PrevHash, t.Hash,
		}
		for i := range row {
			row[i] = noFormula(row[i])
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// noFormula keeps a spreadsheet from computing what somebody wrote: the first character decides, full-width ones
// included, whatever blanks stand before it.
func noFormula(s string) string {
	if t := strings.TrimLeft(s, " \t\r\n\u00a0\u3000"); t != "" && strings.ContainsRune("=+-@＝＋－＠|%", []rune(t)[0]) || len(t) != len(s) && t != "" {
		return "'" + s
	}
	return s
}
