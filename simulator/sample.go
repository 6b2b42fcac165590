package simulator

import (
	"fmt"
	"strings"
	"time"
)

// sampleUnits are the departments. The head office stands beside the six, as most companies file it, and its
// lead is the manager of the six leads.
var sampleUnits = []Department{
	{ID: "zongjingban", Name: "总经办", Lead: "zhang.wei"},
	{ID: "yanfabu", Name: "研发部", Lead: "han.meimei"},
	{ID: "caiwubu", Name: "财务部", Lead: "wang.fang"},
	{ID: "shichangbu", Name: "市场部", Lead: "sun.li"},
	{ID: "xingzhengbu", Name: "行政部", Lead: "chen.jie"},
	{ID: "xinxibu", Name: "信息部", Lead: "zhou.min"},
	{ID: "fawubu", Name: "法务部", Lead: "gao.yuan"},
}

// samplePeople: id, name, department, title, manager, f or m, and the suites: Feishu, DingTalk, WeCom.
const samplePeople = `
zhang.wei     张伟   zongjingban  总经理            -            m  FD
lin.na        林娜   zongjingban  总经理助理        zhang.wei    f  FW
han.meimei    韩梅梅 yanfabu      研发总监          zhang.wei    f  D
li.lei        李雷   yanfabu      后端工程师        han.meimei   m  F
xu.yang       徐洋   yanfabu      后端组长          han.meimei   m  F
he.jing       何静   yanfabu      前端组长          han.meimei   f  D
ma.chao       马超   yanfabu      后端工程师        xu.yang      m  F
tang.yu       唐宇   yanfabu      后端工程师        xu.yang      m  F
feng.xue      冯雪   yanfabu      后端工程师        xu.yang      f  D
deng.kai      邓凯   yanfabu      前端工程师        he.jing      m  D
peng.fei      彭飞   yanfabu      前端工程师        he.jing      m  F
cao.ying      曹颖   yanfabu      测试工程师        han.meimei   f  D
zeng.hao      曾浩   yanfabu      测试工程师        han.meimei   m  F
xiao.ran      肖然   yanfabu      产品经理          han.meimei   f  D
tian.tian     田甜   yanfabu      界面设计师        he.jing      f  D
wang.fang     王芳   caiwubu      财务总监          zhang.wei    f  W
zhao.min      赵敏   caiwubu      会计              wang.fang    f  F
dong.qing     董青   caiwubu      出纳              wang.fang    f  W
yuan.bo       袁博   caiwubu      成本会计          wang.fang    m  W
pan.hong      潘红   caiwubu      税务专员          wang.fang    f  W
sun.li        孙莉   shichangbu   市场总监          zhang.wei    f  F
liu.yang      刘洋   shichangbu   市场经理          sun.li       m  D
jiang.tao     蒋涛   shichangbu   渠道经理          sun.li       m  F
cai.lin       蔡琳   shichangbu   品牌专员          liu.yang     f  D
yu.xin        余欣   shichangbu   活动专员          liu.yang     f  F
du.juan       杜鹃   shichangbu   文案              liu.yang     f  D
ye.qiu        叶秋   shichangbu   客户经理          jiang.tao    m  F
cheng.lei     程磊   shichangbu   客户经理          jiang.tao    m  W
chen.jie      陈洁   xingzhengbu  行政总监          zhang.wei    f  W
wei.dong      魏东   xingzhengbu  采购专员          chen.jie     m  W
su.mei        苏梅   xingzhengbu  前台              chen.jie     f  W
lv.gang       吕刚   xingzhengbu  后勤主管          chen.jie     m  W
ding.xiang    丁香   xingzhengbu  人事专员          chen.jie     f  FW
zhou.min      周敏   xinxibu      信息总监          zhang.wei    f  W
ren.peng      任鹏   xinxibu      系统管理员        zhou.min     m  FDW
lu.yao        卢瑶   xinxibu      网络工程师        zhou.min     f  W
shen.jun      沈军   xinxibu      桌面支持          zhou.min     m  F
gao.yuan      高远   fawubu       法务总监          zhang.wei    m  D
jin.yi        金怡   fawubu       合同专员          gao.yuan     f  D
shi.lei       石磊   fawubu       合规专员          gao.yuan     m  W
`

// SampleCompany is forty people in a head office and six departments, and the groups the bot is in. The same
// at every call; the caller owns the result.
func SampleCompany() *Company {
	c := &Company{Name: "鹊桥科技", Domain: "example.com", Departments: append([]Department(nil), sampleUnits...)}
	first := time.Date(2018, 3, 1, 1, 0, 0, 0, time.UTC)
	for _, line := range strings.Split(strings.TrimSpace(samplePeople), "\n") {
		f := strings.Fields(line)
		n := len(c.People) + 1
		p := Person{
			ID: f[0], Name: f[1], Department: f[2], Title: f[3], Gender: 1,
			EnName:     englishName(f[0]),
			EmployeeNo: fmt.Sprintf("E%05d", 1000+n),
			Email:      f[0] + "@" + c.Domain,
			Mobile:     fmt.Sprintf("+86138001%05d", 38000+n),
			Joined:     first.AddDate(0, n*2, 0).Unix(),
		}
		if f[4] != "-" {
			p.Manager = f[4]
		}
		if f[5] == "f" {
			p.Gender = 2
		}
		for _, suite := range f[6] {
			p.Suites = append(p.Suites, map[rune]string{'F': "feishu", 'D': "dingtalk", 'W': "wecom"}[suite])
		}
		c.People = append(c.People, p)
	}
	everybody := make([]string, 0, len(c.People))
	byUnit := map[string][]string{}
	for _, p := range c.People {
		everybody = append(everybody, p.ID)
		byUnit[p.Department] = append(byUnit[p.Department], p.ID)
	}
	c.Groups = []Group{
		{ID: "all", Name: "全员群", Owner: "chen.jie", Members: everybody},
		{ID: "purchase", Name: "采购群", Owner: "chen.jie", Members: []string{
			"chen.jie", "wei.dong", "wang.fang", "zhao.min", "li.lei", "han.meimei", "liu.yang", "zhou.min", "zhang.wei"}},
		{ID: "leads", Name: "部门负责人群", Owner: "lin.na", Members: []string{
			"zhang.wei", "lin.na", "han.meimei", "wang.fang", "sun.li", "chen.jie", "zhou.min", "gao.yuan"}},
	}
	for _, d := range c.Departments[1:] {
		c.Groups = append(c.Groups, Group{ID: d.ID, Name: d.Name + "群", Owner: d.Lead, Members: byUnit[d.ID]})
	}
	c.UserGroups = []UserGroup{
		{ID: "pingshen", Name: "评审委员会", Suites: []string{"feishu", "dingtalk", "wecom"}, Members: []string{"zhang.wei", "han.meimei", "wang.fang", "sun.li", "gao.yuan"}},
		{ID: "zhiban", Name: "值班", Suites: []string{"feishu", "dingtalk", "wecom"}, Members: []string{"xu.yang", "deng.kai", "ren.peng", "lu.yao", "shen.jun"}},
		{ID: "caiwu", Name: "财务人员", Suites: []string{"feishu", "wecom"}, Members: []string{"lin.na"}, Departments: []string{"caiwubu"}},
		{ID: "zuzhang", Name: "组长", Suites: []string{"feishu"}, Members: []string{"xu.yang", "jiang.tao"}, Dynamic: true},
		{ID: "yinzhang", Name: "印章管理员", Suites: []string{"dingtalk"}, Members: []string{"jin.yi"}},
	}
	if err := c.index(); err != nil {
		panic("sample company: " + err.Error()) // a slip in the table above, caught by every test
	}
	return c
}

// englishName turns li.lei into Lei Li.
func englishName(id string) string {
	family, given, _ := strings.Cut(id, ".")
	upper := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	return upper(given) + " " + upper(family)
}
