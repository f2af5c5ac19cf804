package builtins

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// packColumns are the fields of a credential pack in a script.
var packColumns = []string{"Name", "Url", "Domain", "Username", "Password", "Hosts"}

func credentialCommands() []*runtime.Command {
	return []*runtime.Command{
		{
			Name: "Credential", Group: "Credentials", Summary: "Opens a credential pack and puts it into a variable.",
			Doc:     "The variable has the fields `.Url` (scheme and host), `.Domain`, `.Username`, `.Password`, `.Hosts` and `.Name`. The password, and whatever is made of it, goes only into requests to the hosts of the pack, and shows as •••• everywhere else.",
			Effects: runtime.ReadsPacks, Statement: true,
			Params: []runtime.Param{{Name: "name", Type: runtime.VariableParam, Doc: "the variable, without percent signs", Assigns: true, Fields: packColumns},
				required("pack", runtime.PackParam, "the name of the pack")},
			Errors:   []string{"there is no such pack", "the pack cannot be opened"},
			Examples: []runtime.Example{script("Credential okta, \"OKTA_API\"\nLog \"info\", %okta.Url%\n", "https://okta.example.com\n")},
			Run:      openPack,
		},
		{
			Name: "Authorize", Group: "Credentials", Summary: "Signs the requests that follow, to the hosts of a credential pack and to no others.", Statement: true, Effects: runtime.ReadsPacks,
			Params: []runtime.Param{required("pack", runtime.VariableParam, "the variable that Credential has set, without percent signs"),
				{Name: "scheme", Type: runtime.TextParam, Doc: "how: OKTA's token (SSWS), Bearer, or user and password (Basic)", Optional: true, Default: "Bearer", OneOf: []string{"SSWS", "Bearer", "Basic"}}},
			Errors:   []string{"the variable holds no credential pack"},
			Examples: []runtime.Example{script("Credential okta, \"OKTA_API\"\nAuthorize okta, \"SSWS\"\nSet me = HttpGet BuildUrl(\"%okta.Url%/api/v1/users/me\")\nLog \"info\", \"%HTTPSTATUS%\"\n", "200\n")},
			Run:      authorize,
		},
	}
}

func openPack(c *runtime.Call) (runtime.Value, error) {
	packs, name := c.Host().Packs, c.Text(1)
	if packs == nil {
		return runtime.Null(), failf("run it where the credential packs are", "this run has no credential packs")
	}
	if name == "" {
		return runtime.Null(), failf("give the name of a pack", "the name of the credential pack is empty")
	}
	cred, err := packs.Open(c.Context(), name)
	if err != nil {
		if !strings.Contains(err.Error(), name) {
			err = fmt.Errorf("the credential pack %s: %w", name, err)
		}
		names, _ := packs.Names(c.Context())
		if near := lexer.Nearest(name, names); near != "" && runtime.FoldName(near) != runtime.FoldName(name) {
			return runtime.Null(), failf("did you mean "+near+"?", "%w", err)
		}
		return runtime.Null(), err
	}
	basic := base64.StdEncoding.EncodeToString([]byte(cred.Username + ":" + cred.Password))
	taint, err := c.AddSecret(cred.Name, cred.Hosts, cred.Password, basic)
	if err != nil {
		return runtime.Null(), err
	}
	hosts := make([]runtime.Value, len(cred.Hosts))
	for i, h := range cred.Hosts {
		hosts[i] = runtime.Text(h)
	}
	return runtime.Null(), c.Variable(0).Set(runtime.Row(runtime.NewColumns(packColumns...), []runtime.Value{
		runtime.Text(cred.Name), runtime.Text(cred.URL), runtime.Text(cred.Domain), runtime.Text(cred.Username),
		runtime.Text(cred.Password).WithTaint(taint), runtime.List(hosts...),
	}))
}

func authorize(c *runtime.Call) (runtime.Value, error) {
	v := c.Variable(0)
	pack, err := v.Get()
	if err != nil {
		return runtime.Null(), err
	}
	password, _ := pack.Field("Password")
	user, _ := pack.Field("Username")
	// The hosts are those of the secret, not what a row says that the script
	// may have built itself.
	name, hosts := c.TaintHosts(password)
	if pack.Kind() != runtime.KindRow || name == "" || len(hosts) == 0 {
		return runtime.Null(), failf("open one before: Credential "+v.Name()+", \"NAME\"", "%s holds no credential pack", v.Name())
	}
	scheme, value := c.Text(1), password.Text()
	if strings.EqualFold(scheme, "Basic") {
		value = base64.StdEncoding.EncodeToString([]byte(user.Text() + ":" + value))
	}
	if strings.ContainsAny(value, "\r\n") {
		return runtime.Null(), failf("type the token into the pack again", "the password of the pack %s has a line end in it", name)
	}
	c.SetHeader(runtime.HeaderField{Name: "Authorization", Value: scheme + " " + value, Secret: true, Hosts: hosts, Pack: name})
	return runtime.Null(), nil
}
