package site

import (
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
)

// authorize judges the statements of the script while they are prepared. The
// refusal is kept in words, because the engine only says "not authorized".
func (s *Session) authorize(a sqlite.Action) sqlite.AuthResult {
	if !s.scripting || s.stepping != nil && a.Type() == sqlite.OpPragma && a.Pragma() == "table_xinfo" {
		// The engine itself asks for the columns of a table that a statement
		// changes while it runs, where the changes are recorded for a server. A
		// PRAGMA of a script never gets as far as running.
		return sqlite.AuthResultOK
	}
	why := refuse(a)
	if why == "" {
		switch a.Type() {
		case sqlite.OpInsert, sqlite.OpUpdate, sqlite.OpDelete:
			switch {
			case a.Accessor() != "":
			case a.Database() == "temp":
				s.does.temp = true
			case a.Database() == "main" && !isMaster(a.Table()):
				if s.stepping != nil && !slices.Contains(s.stepping.writes, a.Table()) {
					// It was prepared while a temporary table hid this one.
					s.refusal = "the statement was meant for a temporary table " + a.Table() + ", which is gone; it would write the site's table now"
					return sqlite.AuthResultDeny
				}
				s.does.writes = append(s.does.writes, a.Table())
			}
		case sqlite.OpCreateTempTable, sqlite.OpDropTempTable, sqlite.OpCreateTempIndex, sqlite.OpDropTempIndex, sqlite.OpAlterTable:
			s.does.temp, s.does.defines = true, true
		}
		return sqlite.AuthResultOK
	}
	if s.refusal == "" {
		s.refusal = why
	}
	return sqlite.AuthResultDeny
}

// refuse says why a script may not do something, or nothing where it may.
func refuse(a sqlite.Action) string {
	temp := a.Database() == "temp"
	own := reserved(a.Table()) && !isMaster(a.Table())
	switch a.Type() {
	case sqlite.OpSelect, sqlite.OpRecursive, sqlite.OpRead, sqlite.OpFunction:
		// Functions that reach outside are replaced by ones that refuse: the
		// library does not say which function is meant. See addFunctions.
		return ""
	case sqlite.OpInsert, sqlite.OpUpdate, sqlite.OpDelete:
		switch {
		case isMaster(a.Table()):
			// The engine asks this before it asks about CREATE or DROP, which
			// are judged below. Written by itself, it refuses it.
			return ""
		case own && a.Accessor() == "":
			return "a script may not write " + a.Table() + ": the change set and the runs are amsx's own record, and a script may only read them"
		}
		return ""
	case sqlite.OpCreateTempTable, sqlite.OpDropTempTable, sqlite.OpCreateTempIndex, sqlite.OpDropTempIndex:
		if own {
			return "temporary tables named amsx_… are amsx's own; choose another name"
		}
		return ""
	case sqlite.OpReindex, sqlite.OpAnalyze:
		if temp {
			return ""
		}
		return noAnalyze
	case sqlite.OpAlterTable:
		if temp || a.Database() == "" && strings.HasPrefix(a.Table(), "#") {
			return ""
		}
		return "a script may not ALTER a table of the site; use AddColumnsToTable or AddCustomField for columns"
	case sqlite.OpCreateTable, sqlite.OpDropTable, sqlite.OpCreateIndex, sqlite.OpDropIndex:
		if strings.HasPrefix(a.Table(), "sqlite_stat") {
			return noAnalyze // which makes its tables first
		}
		return fmt.Sprintf("a script may not create or drop tables and indexes of the site (%s); a temporary table (CREATE TEMP TABLE) is possible", a.Table())
	case sqlite.OpCreateTrigger, sqlite.OpCreateTempTrigger, sqlite.OpDropTrigger, sqlite.OpDropTempTrigger:
		return "a script may not create or drop triggers, because they would run in other people's transactions"
	case sqlite.OpCreateView, sqlite.OpCreateTempView, sqlite.OpDropView, sqlite.OpDropTempView:
		return "a script may not create or drop views; use a temporary table (CREATE TEMP TABLE … AS SELECT …)"
	case sqlite.OpCreateVTable, sqlite.OpDropVTable:
		return "a script may not create or drop virtual tables"
	case sqlite.OpAttach:
		return "a script may not ATTACH another database; it reaches the site's tables only"
	case sqlite.OpDetach:
		return "a script may not DETACH a database"
	case sqlite.OpPragma:
		return "a script may not use PRAGMA " + a.Pragma() + "; the connection's settings are amsx's own"
	case sqlite.OpTransaction, sqlite.OpSavepoint:
		return "a script does not write BEGIN, COMMIT or ROLLBACK in SQL; use the commands BeginTransaction, Commit and Rollback"
	}
	return "a script may not do this (" + a.Type().String() + ")"
}

const (
	noAnalyze = "a script may not run ANALYZE or REINDEX"
	noVacuum  = "a script may not VACUUM the database"
)

func isMaster(table string) bool {
	switch strings.ToLower(table) {
	case "sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema":
		return true
	}
	return false
}
