// Package files is the one folder whose files a run may read and write.
//
// Nothing outside the folder can be reached: names are relative, and links
// that lead out of it are not followed. What a run writes, moves and deletes
// is seen by the run at once, and is done only when the run is committed:
// [Folder.Bind] ties the two together. A run that fails leaves no file, a test
// run none at all.
package files
