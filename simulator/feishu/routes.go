package feishu

// Scopes by the names that the vendor's console shows.
const (
	scopeSend   = "im:message:send_as_bot"
	scopeUpdate = "im:message:update"
	scopeRead   = "im:message:readonly"
	scopeUrgent = "im:message.urgent"
	scopeSMS    = "im:message.urgent:sms"
	scopePhone  = "im:message.urgent:phone"
	scopeReact  = "im:message.reactions:write_only"
	scopeFiles  = "im:resource"
	scopeChat   = "im:chat"
	scopePeople = "contact:user.base:readonly"
	scopeUserID = "contact:user.id:readonly"
	scopeUnits  = "contact:department.base:readonly"
	scopeGroups = "contact:group:readonly"
)

// routes are the APIs this tenant offers; every other path is 404, as at the gateway.
var routes = map[string]route{
	"POST /open-apis/auth/v3/tenant_access_token/internal": {open: true, run: fetchToken},
	"POST /open-apis/auth/v3/app_access_token/internal":    {open: true, run: fetchToken},
	"POST /open-apis/authen/v2/oauth/token":                {open: true, run: newUserToken},
	"GET /open-apis/authen/v1/user_info":                   {open: true, run: userInfo},

	"POST /open-apis/im/v1/messages":                    {scope: scopeSend, run: createMessage},
	"POST /open-apis/im/v1/messages/{id}/reply":         {scope: scopeSend, run: replyMessage},
	"PATCH /open-apis/im/v1/messages/{id}":              {scope: scopeUpdate, run: patchMessage},
	"PUT /open-apis/im/v1/messages/{id}":                {scope: scopeUpdate, run: editMessage},
	"DELETE /open-apis/im/v1/messages/{id}":             {scope: scopeSend, run: recallMessage},
	"GET /open-apis/im/v1/messages/{id}":                {scope: scopeRead, run: getMessage},
	"GET /open-apis/im/v1/messages":                     {scope: scopeRead, run: listMessages},
	"GET /open-apis/im/v1/messages/{id}/read_users":     {scope: scopeRead, run: readUsers},
	"PATCH /open-apis/im/v1/messages/{id}/urgent_app":   {scope: scopeUrgent, run: urgentApp},
	"PATCH /open-apis/im/v1/messages/{id}/urgent_sms":   {scope: scopeSMS, run: urgentPaid},
	"PATCH /open-apis/im/v1/messages/{id}/urgent_phone": {scope: scopePhone, run: urgentPaid},

	"POST /open-apis/im/v1/messages/{id}/reactions":              {scope: scopeReact, run: addReaction},
	"GET /open-apis/im/v1/messages/{id}/reactions":               {scope: scopeRead, run: listReactions},
	"DELETE /open-apis/im/v1/messages/{id}/reactions/{reaction}": {scope: scopeReact, run: dropReaction},

	"POST /open-apis/interactive/v1/card/update": {scope: scopeSend, run: updateByToken},
	"POST /open-apis/im/v1/images":               {scope: scopeFiles, run: uploadImage},

	"POST /open-apis/im/v1/chats":                        {scope: scopeChat, run: createChat},
	"GET /open-apis/im/v1/chats":                         {scope: scopeChat, run: listChats},
	"GET /open-apis/im/v1/chats/{id}":                    {scope: scopeChat, run: getChat},
	"PUT /open-apis/im/v1/chats/{id}":                    {scope: scopeChat, run: updateChat},
	"DELETE /open-apis/im/v1/chats/{id}":                 {scope: scopeChat, run: dissolveChat},
	"POST /open-apis/im/v1/chats/{id}/members":           {scope: scopeChat, run: addMembers},
	"GET /open-apis/im/v1/chats/{id}/members":            {scope: scopeChat, run: listMembers},
	"DELETE /open-apis/im/v1/chats/{id}/members":         {scope: scopeChat, run: dropMembers},
	"GET /open-apis/im/v1/chats/{id}/members/is_in_chat": {scope: scopeChat, run: isInChat},

	"POST /open-apis/contact/v3/users/batch_get_id":          {scope: scopeUserID, run: batchGetID},
	"GET /open-apis/contact/v3/users/batch":                  {scope: scopePeople, run: batchUsers},
	"GET /open-apis/contact/v3/users/find_by_department":     {scope: scopePeople, run: usersOfDepartment},
	"GET /open-apis/contact/v3/users/{id}":                   {scope: scopePeople, run: getUser},
	"GET /open-apis/contact/v3/departments/{id}/children":    {scope: scopeUnits, run: childDepartments},
	"GET /open-apis/contact/v3/departments/parent":           {scope: scopeUnits, run: parentDepartments},
	"GET /open-apis/contact/v3/departments/{id}":             {scope: scopeUnits, run: getDepartment},
	"GET /open-apis/contact/v3/group/simplelist":             {scope: scopeGroups, run: listUserGroups},
	"GET /open-apis/contact/v3/group/{id}/member/simplelist": {scope: scopeGroups, run: userGroupMembers},
	"GET /open-apis/contact/v3/scopes":                       {scope: scopePeople, run: getScopes},
	"GET /open-apis/bot/v3/info":                             {run: botInfo},
}
