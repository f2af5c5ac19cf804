package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// The hand-written program that the product is compared with: what a good Go
// programmer writes for this one job. It reads the same pages, compressed on
// the way as for the product, one of them ahead and decoded on the goroutine
// that fetches. It decodes into structs with the fastest decoder that was
// measured, and upserts into the same table, with the same indexes (without
// its triggers, see withoutTriggers) and in the same form (an empty text is Null, an instant ends with
// its second), in one transaction over the whole pull, with the same page
// cache: 2 MB. It does none of what makes a sync safe: no comparison, no
// leavers, no managers, no change set, no fuse; and it locks the database for
// the whole pull.

type handUser struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	LastLogin string `json:"lastLogin"`
	Profile   struct {
		Login          string `json:"login"`
		Email          string `json:"email"`
		FirstName      string `json:"firstName"`
		LastName       string `json:"lastName"`
		Title          string `json:"title"`
		Department     string `json:"department"`
		Organization   string `json:"organization"`
		CostCenter     string `json:"costCenter"`
		EmployeeNumber string `json:"employeeNumber"`
		PrimaryPhone   string `json:"primaryPhone"`
		MobilePhone    string `json:"mobilePhone"`
		City           string `json:"city"`
		CountryCode    string `json:"countryCode"`
	} `json:"profile"`
}

var handColumns = []string{"OktaID", "Login", "LoginKey", "Email", "EmailKey", "FirstName", "LastName", "FullName", "JobTitle", "Department",
	"Organization", "CostCentre", "EmployeeNumber", "Phone", "Mobile", "City", "CountryCode", "Status", "LastLogin", "Source", "Active"}

// source is the pack's name, which is what the product marks its rows with.
const source = "OKTA_API"

// firstPage is what the transformation asks for.
const firstPage = "/api/v1/users?limit=200&search=status+pr"

func hand(base, token, file string) error {
	if strings.HasPrefix(file, "postgres:") {
		return handServer(base, token, file)
	}
	c, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, p := range []string{"PRAGMA synchronous=NORMAL", "PRAGMA cache_size=-2048", "PRAGMA temp_store=FILE"} {
		if err := sqlitex.ExecuteTransient(c, p, nil); err != nil {
			return err
		}
	}
	var set []string
	for _, k := range handColumns[1:] {
		set = append(set, k+"=excluded."+k)
	}
	up, err := c.Prepare("INSERT INTO Custodian(" + strings.Join(handColumns, ",") + ") VALUES (?" + strings.Repeat(",?", len(handColumns)-1) +
		") ON CONFLICT(OktaID) DO UPDATE SET " + strings.Join(set, ","))
	if err != nil {
		return err
	}
	pages, failed := handPages(base, token)
	if err := sqlitex.ExecuteTransient(c, "BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	for page := range pages {
		for i := range page {
			u := &page[i]
			p := &u.Profile
			if len(u.LastLogin) > 20 { // 2026-01-02T15:04:05.000Z
				u.LastLogin = u.LastLogin[:19] + "Z"
			}
			for k, v := range [...]string{u.ID, p.Login, strings.ToLower(p.Login), p.Email, strings.ToLower(p.Email), p.FirstName, p.LastName,
				strings.TrimSpace(p.FirstName + " " + p.LastName), p.Title, p.Department, p.Organization, p.CostCenter, p.EmployeeNumber,
				p.PrimaryPhone, p.MobilePhone, p.City, p.CountryCode, u.Status, u.LastLogin, source} {
				if v == "" {
					up.BindNull(k + 1)
				} else {
					up.BindText(k+1, v)
				}
			}
			up.BindBool(len(handColumns), u.Status != "DEPROVISIONED" && u.Status != "SUSPENDED")
			if _, err := up.Step(); err != nil {
				return err
			}
			if err := up.Reset(); err != nil {
				return err
			}
		}
	}
	select {
	case err := <-failed:
		return err
	default:
	}
	return sqlitex.ExecuteTransient(c, "COMMIT", nil)
}

// handFetch reads every page and gives each to take.
func handFetch(url, token string, take func(body []byte) error) error {
	for url != "" {
		req, err := http.NewRequest("GET", url, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "SSWS "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		if resp.StatusCode != 200 {
			return fmt.Errorf("%s: %s", url, resp.Status)
		}
		if err := take(body); err != nil {
			return errors.Join(errors.New(url), err)
		}
		url = ""
		for _, l := range resp.Header["Link"] {
			if strings.HasSuffix(l, `rel="next"`) {
				url = l[1:strings.IndexByte(l, '>')]
			}
		}
	}
	return nil
}
