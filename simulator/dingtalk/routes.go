package dingtalk

// Permission points by the names that the developer console shows.
const (
	scopeSend   = "qyapi_robot_sendmsg"
	scopeCard   = "Card.Instance.Write"
	scopeDing   = "Premium.Ding.Write"
	scopeTodo   = "Todo.Todo.Write"
	scopeTodos  = "Todo.Todo.Read"
	scopeNotice = "qyapi_base"
	scopeMember = "qyapi_get_member"
	scopeUnits  = "qyapi_get_department_list"
	scopeHolder = "qyapi_get_department_member"
	scopeMobile = "fieldMobile" // the field in a person's details
	scopeEmail  = "fieldEmail"
	scopeGroup  = "qyapi_chat_manage"
)

// newRoutes are the APIs of api.dingtalk.com that this organisation offers.
var newRoutes = map[string]route{
	"POST /v1.0/oauth2/accessToken":     {open: true, free: true, run: newToken},
	"POST /v1.0/oauth2/userAccessToken": {open: true, free: true, run: newUserToken},
	"GET /v1.0/contact/users/{unionId}": {open: true, free: true, run: whoAmI}, // a person's own token

	"POST /v1.0/robot/oToMessages/batchSend":     {scope: scopeSend, run: batchSend},
	"GET /v1.0/robot/oToMessages/readStatus":     {scope: scopeSend, run: readStatus},
	"POST /v1.0/robot/otoMessages/batchRecall":   {scope: scopeSend, run: recallDirect},
	"POST /v1.0/robot/groupMessages/send":        {scope: scopeSend, run: groupSend},
	"POST /v1.0/robot/groupMessages/query":       {scope: scopeSend, run: groupReaders},
	"POST /v1.0/robot/groupMessages/recall":      {scope: scopeSend, run: recallGroup},
	"POST /v1.0/robot/messageFiles/download":     {scope: scopeSend, run: downloadFile},
	"POST /v1.0/robot/ding/send":                 {scope: scopeDing, run: sendDing},
	"POST /v1.0/robot/ding/recall":               {scope: scopeDing, run: recallDing},
	"POST /v1.0/robot/ding/readStatuses/query":   {scope: scopeDing, run: dingReaders},
	"POST /v1.0/card/instances":                  {scope: scopeCard, run: createCard},
	"PUT /v1.0/card/instances":                   {scope: scopeCard, run: updateCard},
	"POST /v1.0/card/instances/deliver":          {scope: scopeCard, run: deliverCard},
	"POST /v1.0/card/instances/createAndDeliver": {scope: scopeCard, run: createAndDeliver},
	"POST /v1.0/card/callbacks/register":         {scope: scopeCard, run: registerCallback},

	"POST /v1.0/todo/users/{unionId}/tasks":                        {scope: scopeTodo, run: createTodo},
	"PUT /v1.0/todo/users/{unionId}/tasks/{taskId}":                {scope: scopeTodo, run: updateTodo},
	"PUT /v1.0/todo/users/{unionId}/tasks/{taskId}/executorStatus": {scope: scopeTodo, run: updateExecutors},
	"DELETE /v1.0/todo/users/{unionId}/tasks/{taskId}":             {scope: scopeTodo, run: deleteTodo},
	"GET /v1.0/todo/users/{unionId}/tasks/sources/{sourceId}":      {scope: scopeTodos, run: todoBySource},
	"POST /v1.0/todo/users/{unionId}/org/tasks/query":              {scope: scopeTodos, run: queryTodos},

	"POST /v1.0/im/sceneGroup/create":                         {scope: scopeGroup, run: createSceneGroup},
	"POST /v1.0/im/sceneGroup/member/add":                     {scope: scopeGroup, run: addMembers},
	"POST /v1.0/im/sceneGroup/member/delete":                  {scope: scopeGroup, run: dropMembers},
	"POST /v1.0/im/sceneGroups/query":                         {scope: scopeGroup, run: getSceneGroup},
	"POST /v1.0/im/sceneGroups/members/batchQuery":            {scope: scopeGroup, run: listMembers},
	"POST /v1.0/im/chat/scenegroup/disband":                   {scope: scopeGroup, run: disbandGroup},
	"POST /v1.0/im/chat/{chatId}/convertToOpenConversationId": {scope: scopeGroup, run: openConversation},

	"POST /v1.0/contact/users/search": {free: true, scope: scopeMember, run: searchUsers},
}

// oldRoutes are those of oapi.dingtalk.com.
var oldRoutes = map[string]route{
	"GET /gettoken": {open: true, free: true, plain: true, run: oldToken},

	"POST /topapi/v2/user/get":                    {free: true, scope: scopeMember, run: getUser},
	"POST /topapi/v2/user/getuserinfo":            {free: true, run: whoLooks},
	"POST /topapi/v2/user/getbymobile":            {free: true, scope: scopeMember, run: userByMobile},
	"POST /topapi/user/getbyunionid":              {free: true, scope: scopeMember, run: userByUnion},
	"POST /topapi/v2/user/list":                   {free: true, scope: scopeMember, run: listUsers},
	"POST /topapi/user/listsimple":                {free: true, scope: scopeMember, run: listSimple},
	"POST /topapi/user/listid":                    {free: true, scope: scopeMember, run: listUserIDs},
	"POST /topapi/user/listadmin":                 {free: true, scope: scopeMember, run: listAdmins},
	"POST /topapi/user/count":                     {free: true, scope: scopeMember, run: countUsers},
	"POST /topapi/v2/department/listsub":          {free: true, scope: scopeUnits, run: listUnits},
	"POST /topapi/v2/department/listsubid":        {free: true, scope: scopeUnits, run: listUnitIDs},
	"POST /topapi/v2/department/get":              {free: true, scope: scopeUnits, run: getUnit},
	"POST /topapi/v2/department/listparentbyuser": {free: true, scope: scopeUnits, run: parentsOfUser},
	"POST /topapi/v2/department/listparentbydept": {free: true, scope: scopeUnits, run: parentsOfUnit},

	"POST /topapi/role/list":       {free: true, scope: scopeUnits, run: listRoles},
	"POST /topapi/role/simplelist": {free: true, scope: scopeHolder, run: roleHolders},

	"POST /topapi/message/corpconversation/asyncsend_v2":      {scope: scopeNotice, run: sendNotice},
	"POST /topapi/message/corpconversation/getsendprogress":   {scope: scopeNotice, run: noticeProgress},
	"POST /topapi/message/corpconversation/getsendresult":     {scope: scopeNotice, run: noticeResult},
	"POST /topapi/message/corpconversation/recall":            {scope: scopeNotice, run: recallNotice},
	"POST /topapi/message/corpconversation/status_bar/update": {scope: scopeNotice, run: updateStatusBar},

	"POST /robot/sendBySession":                  {open: true, plain: true, run: sendBySession},
	"POST /media/upload":                         {scope: scopeNotice, run: uploadMedia},
	"GET /chat/get":                              {scope: scopeGroup, run: oldGetChat},
	"GET /call_back/get_call_back_failed_result": {free: true, plain: true, run: failedEvents},
}
