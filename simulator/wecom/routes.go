package wecom

// routes are the APIs of this corp below /cgi-bin/; every other path is 404.
var routes = map[string]route{
	"gettoken":      {open: true, run: fetchToken},
	"getcallbackip": {contacts: true, run: callbackIPs},
	"agent/get":     {run: agentInfo},

	"message/send":                 {post: true, unpaced: true, run: sendMessage},
	"message/update_template_card": {post: true, run: updateCard},
	"message/recall":               {post: true, run: recallMessage},
	"message/get_statistics":       {post: true, run: statistics},

	"appchat/create": {post: true, run: createChat},
	"appchat/update": {post: true, run: updateChat},
	"appchat/get":    {run: getChat},
	"appchat/send":   {post: true, unpaced: true, run: sendChat},

	"webhook/send":         {post: true, open: true, run: sendPush},
	"webhook/upload_media": {post: true, open: true, form: true, run: uploadPush},

	"media/upload": {post: true, form: true, run: uploadMedia},
	"media/get":    {run: getMedia},

	"user/get":                   {contacts: true, run: getUser},
	"user/simplelist":            {contacts: true, run: simpleUsers},
	"user/list":                  {contacts: true, run: listUsers},
	"user/list_id":               {post: true, contacts: true, only: true, run: listIDs},
	"user/getuserid":             {post: true, run: idByMobile},
	"user/get_userid_by_email":   {post: true, run: idByEmail},
	"batch/openuserid_to_userid": {post: true, run: openIDs},
	"department/list":            {contacts: true, run: listDepartments},
	"department/simplelist":      {contacts: true, run: simpleDepartments},
	"department/get":             {contacts: true, run: getDepartment},
	"tag/list":                   {contacts: true, run: listTags},
	"tag/get":                    {contacts: true, run: getTag},

	"auth/getuserinfo":   {unpaced: true, run: userInfo},
	"user/getuserinfo":   {unpaced: true, run: oldUserInfo},
	"auth/getuserdetail": {post: true, run: userDetail},

	"aibot/response": {post: true, open: true, run: robotResponse},
}
