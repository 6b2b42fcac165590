package event

// Scope says inside which world a foreign id is unique.
type Scope struct {
	Platform string `json:"platform"`         // "feishu", "dingtalk", "wecom", "loopback"
	Tenant   string `json:"tenant,omitempty"` // tenant_key, corpId, corpid
	App      string `json:"app,omitempty"`    // "" when the id is the same for all apps of the tenant
}

// RefKind tells what a Ref points to.
type RefKind string

const (
	RefUser     RefKind = "user"     // the app's own id of a person: open_id, staffId, userid
	RefUnion    RefKind = "union"    // union_id, unionId: the same over the apps of one developer
	RefTenant   RefKind = "employee" // the tenant's own id of a person: Feishu's user_id
	RefChat     RefKind = "chat"
	RefMessage  RefKind = "message"
	RefCard     RefKind = "card"
	RefDept     RefKind = "dept"
	RefFile     RefKind = "file"
	RefInstance RefKind = "instance" // an approval instance of the suite itself
)

// Ref is a foreign id: never a bare string. It is comparable and may be a map key.
// The zero Ref means "not given".
type Ref struct {
	Scope Scope   `json:"scope"`
	Kind  RefKind `json:"kind"`
	ID    string  `json:"id"`
}

// IsZero reports whether nothing was given.
func (r Ref) IsZero() bool { return r == Ref{} }

// String is for logs: platform:kind:id.
func (r Ref) String() string {
	if r.IsZero() {
		return ""
	}
	return r.Scope.Platform + ":" + string(r.Kind) + ":" + r.ID
}
