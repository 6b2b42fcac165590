package store

import "magpie/workflows"

// CommitTogether sends commands in one shared transaction on MySQL, as if they had come at the same time.
func (s *Store) CommitTogether(list ...workflows.Commit) ([]error, error) {
	var batch []*command
	for _, c := range list {
		ops, err := s.commitOps(c)
		if err != nil {
			return nil, err
		}
		key := ""
		if c.Instance != nil {
			key = c.Instance.ID
		}
		batch = append(batch, &command{key: key, ops: ops})
	}
	all := append([]*command(nil), batch...)
	s.com.run(batch)
	errs := make([]error, len(all))
	for i, r := range all {
		errs[i] = r.err
	}
	return errs, nil
}
