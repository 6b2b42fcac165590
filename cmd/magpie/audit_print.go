package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"magpie/adapters/card"
	"magpie/store"
	"magpie/web/pages"
	"magpie/workflows"
)

// printOf makes an instance ready for paper, for a person, "" for everything.
func printOf(ctx context.Context, s *store.Store, prog workflows.Program, in workflows.Instance, person string) (pages.Print, error) {
	printer, ok := prog.(workflows.Printer)
	if !ok {
		return pages.Print{}, fmt.Errorf("print instance %s: a %s has no form for paper", in.ID, in.Kind)
	}
	sheet, err := printer.Sheet(in, person)
	if err != nil {
		return pages.Print{}, err
	}
	trail, err := s.TrailOf(ctx, in.ID)
	if err != nil {
		return pages.Print{}, err
	}
	out := pages.Print{Instance: in, Sheet: sheet, Cards: map[int64]string{}}
	for _, e := range trail {
		if e.Card != "" {
			out.Cards[e.Seq] = e.Card
		}
	}
	a, err := s.Audit(ctx, store.AuditOptions{Instance: in.ID, Fold: fold})
	if err != nil {
		return pages.Print{}, err
	}
	out.Entries, out.Erased = a.Entries, a.Erased
	if !a.OK() {
		b := a.Breaks[0]
		out.Verdict = inBoth("第 %d 条，%s：%s", "entry %d, %s: %s", b.Seq, b.Kind, b.Detail)
	}
	if t, ok := prog.(workflows.Teller); ok {
		if out.Told, err = t.Tell(in, trail); err != nil && a.OK() { // an altered trail may be beyond telling; the page says so
			return pages.Print{}, err
		}
	}
	return out, signs(ctx, s, &out)
}

// signs brings the signatures that stand beside the lines. One that is not what the chain says is as bad as a
// changed entry; one that was erased is not there.
func signs(ctx context.Context, s *store.Store, out *pages.Print) error {
	out.Signs = map[int64][]byte{}
	for _, t := range out.Told {
		for _, f := range t.Files {
			r, _, err := s.OpenFile(ctx, f.ID)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			b, err := io.ReadAll(io.LimitReader(r, workflows.MaxSignature+1))
			if err = errors.Join(err, r.Close()); err != nil {
				return fmt.Errorf("read the signature of entry %d: %w", t.Seq, err)
			}
			if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != f.Sum && out.Verdict.IsZero() {
				out.Verdict = inBoth("第 %d 条：签名图片不是签名时的那一张", "entry %d: the picture of the signature is not the one that was signed with", t.Seq)
			}
			out.Signs[t.Seq] = b
		}
	}
	return nil
}

// inBoth words something in the two languages of the pages.
func inBoth(zh, en string, args ...any) card.Text {
	return card.Text{Default: fmt.Sprintf(zh, args...), I18n: map[string]string{"en-US": fmt.Sprintf(en, args...)}}
}

// sheet implements pages.Options.Sheet.
func (a *App) sheet(ctx context.Context, in workflows.Instance, person string) (pages.Print, error) {
	now, prog, err := a.engine.Load(ctx, in.ID)
	if err != nil {
		return pages.Print{}, err
	}
	return printOf(ctx, a.store, prog, now, person)
}
