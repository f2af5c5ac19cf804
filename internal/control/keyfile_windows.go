package control

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// checkPrivate refuses a key file that everyone, or every user of the machine,
// may open.
func checkPrivate(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	if info.IsDir() {
		return fmt.Errorf("master key: %s is a folder; give the path of the key file", f.Name())
	}
	sd, err := windows.GetNamedSecurityInfo(f.Name(), windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("master key: who may read %s cannot be found out: %w", f.Name(), err)
	}
	if who := openTo(sd.String()); who != "" {
		return fmt.Errorf(`the master key %s is open to %s and is not used; type: icacls "%s" /inheritance:r /grant:r "%%USERNAME%%:F" SYSTEM:F`, f.Name(), who, f.Name())
	}
	return nil
}

// makePrivate leaves a new file to this account and the system, whatever its
// folder would hand down.
func makePrivate(path string) error {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	sd, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;" + user.User.Sid.String() + ")(A;;FA;;;SY)")
	if err != nil {
		return err
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
}

// syncFolder does nothing: syncing a file on NTFS syncs its name.
func syncFolder(string) error { return nil }
